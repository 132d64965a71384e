package org.starcast.datastar;

import java.io.IOException;
import java.io.Writer;
import java.nio.CharBuffer;
import java.util.Objects;

/** Hands what is written to an appendable. */
final class AppendableWriter extends Writer {

  private final Appendable out;

  AppendableWriter(Appendable out) {
    this.out = Objects.requireNonNull(out, "out");
  }

  @Override
  public void write(int c) throws IOException {
    out.append((char) c);
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    out.append(text, offset, offset + length);
  }

  @Override
  public void write(char[] chars, int offset, int length) throws IOException {
    out.append(CharBuffer.wrap(chars, offset, length));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
