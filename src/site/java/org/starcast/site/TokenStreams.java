package org.starcast.site;

import dev.langchain4j.service.TokenStream;
import org.starcast.stream.Source;

/** What langchain4j has, as a source. */
final class TokenStreams {

  private TokenStreams() {}

  // snippet: langchain4j
  static Source<String> tokens(TokenStream answer) {
    return Source.emitter(
        4_096,
        emitter ->
            answer
                .onPartialResponseWithContext(
                    (token, context) -> {
                      if (!emitter.emit(token.text())) { // it was stopped, or 4,096 wait
                        emitter.fail(new IllegalStateException("too many tokens wait"));
                        context.streamingHandle().cancel();
                      }
                    })
                .onCompleteResponse(response -> emitter.complete())
                .onError(emitter::fail)
                .start());
  }
  // end snippet
}
