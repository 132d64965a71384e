package org.starcast.site;

import java.util.function.Consumer;
import org.starcast.stream.Source;

/** What langchain4j has, as a source. */
final class TokenStreams {

  /** The methods of {@code dev.langchain4j.service.TokenStream} that are needed. */
  interface TokenStream {
    TokenStream onPartialResponse(Consumer<String> token);

    TokenStream onCompleteResponse(Consumer<Object> response);

    TokenStream onError(Consumer<Throwable> failed);

    void start();
  }

  private TokenStreams() {}

  // snippet: langchain4j
  static Source<String> tokens(TokenStream answer) {
    return Source.emitter(
        4_096,
        emitter ->
            answer
                .onPartialResponse(emitter::emit)
                .onCompleteResponse(response -> emitter.complete())
                .onError(emitter::fail)
                .start());
  }
  // end snippet
}
