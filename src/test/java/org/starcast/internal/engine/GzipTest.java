package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.writer.Gzip;

class GzipTest {

  /** What has come over the connection; to read more than that would block. */
  private static final class Connection extends InputStream {
    private InputStream arrived = InputStream.nullInputStream();

    /** Behind what the decoder has left: a piece's last bytes carry no data. */
    void deliver(byte[] bytes, int length) throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      arrived.transferTo(all);
      all.write(bytes, 0, length);
      arrived = new ByteArrayInputStream(all.toByteArray());
    }

    @Override
    public int read() throws IOException {
      int b = arrived.read();
      if (b < 0) {
        throw new IOException("would block");
      }
      return b;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      int n = arrived.read(to, offset, length);
      if (n < 0) {
        throw new IOException("would block");
      }
      return n;
    }
  }

  /** A client's decoder, which must give each piece's bytes as soon as the piece is there. */
  private static final class Decoder {
    private final Connection connection = new Connection();
    private final GZIPInputStream gunzip;

    Decoder() throws IOException {
      connection.deliver(Gzip.header(), Gzip.header().length);
      gunzip = new GZIPInputStream(connection);
    }

    byte[] decode(byte[] piece, int length, int expected) throws IOException {
      connection.deliver(piece, length);
      return gunzip.readNBytes(expected);
    }
  }

  private static byte[] text(Random random, int length) {
    byte[] bytes = new byte[length];
    String words = "<tr><td class=\"price\">data: order 0123456789\n";
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) words.charAt((i + (random.nextInt(9) == 0 ? i : 0)) % words.length());
    }
    return bytes;
  }

  private static byte[] noise(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static List<byte[]> frames(Random random) {
    List<byte[]> frames = new ArrayList<>();
    frames.add(":\n\n".getBytes(StandardCharsets.UTF_8));
    for (int length : new int[] {1, 63, 64, 65, 255, 256, 257, 4_096, 20_000, 65_535, 65_536}) {
      frames.add(text(random, length));
      frames.add(noise(random, length));
      frames.add(new byte[length]);
    }
    frames.add(noise(random, 200_000));
    frames.add(text(random, 1_000_000));
    for (int i = 0; i < 200; i++) {
      int length = 1 + random.nextInt(3_000);
      frames.add(random.nextBoolean() ? text(random, length) : noise(random, length));
    }
    return frames;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 256, 1 << 20})
  void eachFrameIsReadableAsSoonAsItsPieceHasArrived(int minBytes) throws IOException {
    Random random = new Random(minBytes);
    for (int level : new int[] {1, 6, 9}) {
      Gzip gzip = new Gzip(level, minBytes);
      Decoder decoder = new Decoder();
      for (byte[] frame : frames(random)) {
        byte[] piece = gzip.deflate(frame, frame.length);
        assertThat(decoder.decode(piece, piece.length, frame.length)).isEqualTo(frame);
      }
      gzip.end();
    }
  }

  @Test
  void piecesFitTogetherInAnySelection() throws IOException {
    Random random = new Random(3);
    Gzip gzip = new Gzip(6, 256);
    List<byte[]> frames = frames(random);
    List<byte[]> pieces = frames.stream().map(frame -> gzip.deflate(frame, frame.length)).toList();
    gzip.end();
    for (int client = 0; client < 20; client++) {
      Decoder decoder = new Decoder();
      for (int i = 0; i < 100; i++) {
        int which = random.nextInt(frames.size());
        byte[] frame = frames.get(which);
        byte[] piece = pieces.get(which);
        assertThat(decoder.decode(piece, piece.length, frame.length)).isEqualTo(frame);
      }
    }
  }

  @Test
  void aPieceDoesNotDependOnWhatWentBefore() {
    Random random = new Random(4);
    Gzip used = new Gzip(6, 0);
    for (byte[] frame : frames(random)) {
      Gzip fresh = new Gzip(6, 0);
      assertThat(used.deflate(frame, frame.length)).isEqualTo(fresh.deflate(frame, frame.length));
      fresh.end();
    }
    used.end();
  }

  @Test
  void onlyTheFramesBytesCountAndNotWhatLiesBehindThem() throws IOException {
    byte[] array = Arrays.copyOf(text(new Random(5), 1_000), 1_400);
    Gzip gzip = new Gzip(6, 0);
    byte[] piece = gzip.deflate(array, 1_000);
    gzip.end();
    assertThat(new Decoder().decode(piece, piece.length, 1_000))
        .isEqualTo(Arrays.copyOf(array, 1_000));
  }

  @Test
  void compresses() {
    byte[] frame = text(new Random(6), 20_000);
    Gzip gzip = new Gzip(6, 256);
    assertThat(gzip.deflate(frame, frame.length).length).isLessThan(frame.length / 2);
    // and does not blow up what cannot be compressed, or is not worth it
    byte[] noise = noise(new Random(7), 200_000);
    assertThat(gzip.deflate(noise, noise.length).length).isLessThan(noise.length + 200);
    assertThat(gzip.deflate(frame, 255)).hasSize(260);
    gzip.end();
  }

  @Test
  void aFrameIsCompressedOnceForAllClients() {
    Gzip first = new Gzip(6, 0);
    Gzip second = new Gzip(6, 0);
    Frame frame = Frame.permanent(text(new Random(8), 5_000));
    byte[] piece = frame.compressed().independent(frame, first);
    assertThat(frame.compressed().independent(frame, first)).isSameAs(piece);
    assertThat(frame.compressed().independent(frame, second)).isSameAs(piece);
    first.end();
    second.end();
  }

  /** The log keeps its frames for long, and is bounded without their copies. */
  @Test
  void theCopyOfAFrameThatIsKeptGivesWayWhenTheHeapIsFull() {
    Gzip gzip = new Gzip(6, 0);
    Frame kept = Frame.permanent(text(new Random(8), 5_000));
    int rows = 1 + (int) (Runtime.getRuntime().maxMemory() >> 33);
    WeakReference<byte[]> copy = new WeakReference<>(kept.compressed().independent(kept, gzip));
    await()
        .until(
            () -> {
              // what cannot be allocated clears all that gives way first (see SoftReference)
              assertThatExceptionOfType(OutOfMemoryError.class)
                  .isThrownBy(() -> assertThat(new long[rows][1 << 30]).isEmpty());
              return copy.get() == null;
            });
    assertThat(kept.compressed().independent(kept, gzip)).isNotEmpty();
    gzip.end();
  }

  @Test
  void aTurnsBatchOfCompressedFramesDecodes() throws IOException {
    WriteBatch batch =
        new WriteBatch(
            StarcastConfig.read(
                key -> Optional.ofNullable(key.equals("starcast.batch-bytes") ? "16384" : null),
                List.of()));
    GzipStream stream = new GzipStream(new GzipHistories(6, 1));
    Random random = new Random(9);
    Decoder decoder = new Decoder();
    List<byte[]> frames = new ArrayList<>(frames(random));
    int next = 0;
    int turns = 0;
    while (next < frames.size()) {
      batch.begin();
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      while (next < frames.size() && batch.add(Frame.permanent(frames.get(next)), stream)) {
        expected.write(frames.get(next));
        next++;
      }
      turns++;
      batch.compress();
      assertThat(batch.frames).isPositive();
      assertThat(batch.frames == 1 || batch.length <= 16_384).isTrue();
      assertThat(decoder.decode(batch.bytes, batch.length, expected.size()))
          .isEqualTo(expected.toByteArray());
    }
    assertThat(turns).isLessThan(frames.size());
  }
}
