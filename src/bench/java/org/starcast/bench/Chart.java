package org.starcast.bench;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Draws the rates and the latency as bars: one panel for each figure, scaled to its longest bar.
 */
final class Chart {

  private static final List<Figure> PANELS =
      List.of(
          Figure.BURST_RATE,
          Figure.ONE_1000_RATE,
          Figure.ONE_5000_RATE,
          Figure.TOPICS_RATE,
          Figure.FRAMES_RATE,
          Figure.PACED_P99);
  private static final int WIDTH = 860;
  private static final int LABEL = 290;
  private static final int BAR = 18;
  private static final int GAP = 6;
  private static final int VALUE = 90;

  private Chart() {}

  static String svg(Results results, Scale scale, boolean quick) {
    StringBuilder body = new StringBuilder();
    int y = 44;
    for (Figure figure : PANELS) {
      List<Subject> subjects =
          Stream.of(Subject.values()).filter(s -> results.value(figure, s).isPresent()).toList();
      if (subjects.isEmpty()) {
        continue;
      }
      double longest =
          subjects.stream()
              .map(s -> results.value(figure, s).getAsDouble())
              .max(Comparator.naturalOrder())
              .orElseThrow();
      y += 26;
      text(body, 16, y, "title", title(figure, scale));
      y += 12;
      for (Subject subject : subjects) {
        double value = results.value(figure, subject).getAsDouble();
        double length = Math.max(1, (WIDTH - LABEL - VALUE - 32) * value / longest);
        text(body, 16, y + 14, "label", subject.label());
        body.append(
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>\n"
                .formatted(LABEL, y, length, BAR, colour(subject)));
        text(body, LABEL + (int) length + 6, y + 14, "value", figure.unit.text(value));
        y += BAR + GAP;
      }
    }
    y += 30;
    text(body, 16, y, "foot", escape(Report.machine()) + (quick ? "; a quick run" : ""));
    int height = y + 16;
    return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%1$d" height="%2$d" role="img" aria-label="Events delivered per second, by server">
        <style>text{font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2933}.head{font-size:19px;font-weight:600}.title{font-size:14px;font-weight:600}.label,.value{font-size:13px}.foot{font-size:11px;fill:#52606d}</style>
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <text x="16" y="32" class="head">Server-Sent Events: what reaches the streams</text>
        %s</svg>
        """
        .formatted(WIDTH, height, body);
  }

  private static String title(Figure figure, Scale scale) {
    return figure == Figure.PACED_P99
        ? "Paced, %d events/s × %,d streams: p99 latency (shorter is better)"
            .formatted(scale.pacedRate(), scale.streams())
        : figure.label(scale);
  }

  private static String colour(Subject subject) {
    return switch (subject.flavour) {
      case STARCAST -> subject.container == Container.PAYARA ? "#1d4ed8" : "#3b82f6";
      case SERVLET -> subject.container == Container.PAYARA ? "#7c3aed" : "#a78bfa";
      case PLATFORM -> "#9aa5b1";
      case CEILING -> "#d3dae2";
      case NCHAN -> "#e08a1e";
      case BETTER_SSE -> "#15803d";
      case DURABLE_STREAMS -> "#86bf91";
    };
  }

  private static void text(StringBuilder body, int x, int y, String style, String text) {
    body.append(
        "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n".formatted(x, y, style, escape(text)));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
