package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.starcast.MessageSource;
import org.starcast.PayloadEncoder;
import org.starcast.SseMessage;
import org.starcast.datastar.Html;

/** How payloads become messages and text. */
class PayloadsTest {

  interface Shape {}

  interface Titled {}

  static class Circle implements Shape {}

  static class Ring extends Circle {}

  static class Label implements Shape, Titled {}

  private static Payloads payloads(WeldContainer container) {
    return container.select(Payloads.class).get();
  }

  private static Object encoded(WeldContainer container, Object payload) {
    return payloads(container).toMessage(payload).data().orElseThrow();
  }

  @Dependent
  static class ShapeEncoder implements PayloadEncoder<Shape> {
    @Override
    public SseMessage encode(Shape shape) {
      return SseMessage.of("shape");
    }
  }

  @ApplicationScoped
  static class CircleEncoder implements PayloadEncoder<Circle> {
    @Override
    public SseMessage encode(Circle circle) {
      return SseMessage.builder().event("circle").data("circle").build();
    }
  }

  @ApplicationScoped
  static class TitledEncoder implements PayloadEncoder<Titled> {
    @Override
    public SseMessage encode(Titled titled) {
      return SseMessage.of("titled");
    }
  }

  @ApplicationScoped
  static class ObjectEncoder implements PayloadEncoder<Object> {
    @Override
    public SseMessage encode(Object object) {
      return SseMessage.of("object");
    }
  }

  @Test
  void messagesAndTextsStayWhatTheyAre() {
    try (WeldContainer container = Deployment.start(ObjectEncoder.class)) {
      SseMessage message = SseMessage.of("x");
      assertThat(encoded(container, message)).isEqualTo("x");
      assertThat(encoded(container, (MessageSource) () -> message)).isEqualTo("x");
      assertThat(encoded(container, Html.of("<b>x</b>"))).isEqualTo("<b>x</b>");
      assertThat(encoded(container, new StringBuilder("text"))).hasToString("text");
    }
  }

  @Test
  void aPayloadWithoutAnEncoderIsJson() {
    try (WeldContainer container = Deployment.start(ShapeEncoder.class)) {
      Map<String, Integer> payload = Map.of("a", 1);
      assertThat(encoded(container, payload)).isEqualTo("{\"a\":1}");
    }
  }

  @Test
  void theEncoderOfTheMostSpecificTypeIsUsed() {
    try (WeldContainer container =
        Deployment.start(ShapeEncoder.class, CircleEncoder.class, ObjectEncoder.class)) {
      assertThat(payloads(container).toMessage(new Circle()).event()).contains("circle");
      assertThat(encoded(container, new Ring())).isEqualTo("circle");
      assertThat(encoded(container, new Label())).isEqualTo("shape");
      assertThat(encoded(container, 42)).isEqualTo("object");
    }
  }

  interface Special extends Shape {}

  static class Both implements Shape, Special {}

  @ApplicationScoped
  static class SpecialEncoder implements PayloadEncoder<Special> {
    @Override
    public SseMessage encode(Special special) {
      return SseMessage.of("special");
    }
  }

  @Test
  void aSubtypeIsMoreSpecificEvenIfBothAreNamed() {
    try (WeldContainer container = Deployment.start(ShapeEncoder.class, SpecialEncoder.class)) {
      assertThat(encoded(container, new Both())).isEqualTo("special");
    }
  }

  static class Plaque extends Circle implements Titled {}

  static class Badge extends Plaque {}

  static class Medal extends Badge implements Titled {}

  @Test
  void ofUnrelatedTypesTheNearerOneWins() {
    try (WeldContainer container = Deployment.start(CircleEncoder.class, TitledEncoder.class)) {
      assertThat(encoded(container, new Medal())).isEqualTo("titled");
    }
  }

  @Test
  void equallyGoodEncodersAreRefusedByName() {
    try (WeldContainer container = Deployment.start(ShapeEncoder.class, TitledEncoder.class)) {
      for (int i = 0; i < 2; i++) { // the answer is not spoilt by a cache
        assertThatThrownBy(() -> payloads(container).toMessage(new Label()))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining(Label.class.getName())
            .hasMessageContaining(ShapeEncoder.class.getName())
            .hasMessageContaining(TitledEncoder.class.getName());
      }
      assertThat(encoded(container, new Circle())).isEqualTo("shape");
    }
  }

  @ApplicationScoped
  static class OtherShapeEncoder implements PayloadEncoder<Shape> {
    @Override
    public SseMessage encode(Shape shape) {
      return SseMessage.of("other shape");
    }
  }

  @Alternative
  @Priority(1)
  @ApplicationScoped
  static class BetterShapeEncoder implements PayloadEncoder<Shape> {
    @Override
    public SseMessage encode(Shape shape) {
      return SseMessage.of("better shape");
    }
  }

  @Test
  void twoEncodersOfOneTypeAreRefusedUnlessOneIsAnAlternative() {
    try (WeldContainer container = Deployment.start(ShapeEncoder.class, OtherShapeEncoder.class)) {
      assertThatThrownBy(() -> payloads(container).toMessage(new Circle()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(ShapeEncoder.class.getName())
          .hasMessageContaining(OtherShapeEncoder.class.getName());
    }
    try (WeldContainer container =
        Deployment.start(ShapeEncoder.class, TitledEncoder.class, BetterShapeEncoder.class)) {
      assertThat(encoded(container, new Circle())).isEqualTo("better shape");
      assertThat(encoded(container, new Titled() {})).isEqualTo("titled");
    }
  }

  @ApplicationScoped
  static class Producers {
    @Produces
    @Named("lists")
    PayloadEncoder<List<String>> lists() {
      return list -> SseMessage.of(String.join(",", list));
    }

    @Produces
    PayloadEncoder<byte[]> bytes() {
      return bytes -> SseMessage.of(bytes.length + " bytes");
    }
  }

  @Test
  void encodersMayBeProducedAndQualified() {
    try (WeldContainer container = Deployment.start(Producers.class)) {
      assertThat(encoded(container, new ArrayList<>(List.of("a", "b")))).isEqualTo("a,b");
      assertThat(encoded(container, new byte[3])).isEqualTo("3 bytes");
    }
  }

  @Dependent
  static class BoundedEncoder<T extends Shape> implements PayloadEncoder<T> {
    @Override
    public SseMessage encode(T shape) {
      return SseMessage.of("bounded");
    }
  }

  @Test
  void aGenericEncoderIsForItsBound() {
    try (WeldContainer container = Deployment.start(BoundedEncoder.class)) {
      assertThat(encoded(container, new Circle())).isEqualTo("bounded");
      assertThat(encoded(container, 42)).isEqualTo("42");
    }
  }

  @Dependent
  static class CountedEncoder implements PayloadEncoder<Shape> {
    static final AtomicInteger made = new AtomicInteger();
    static final AtomicInteger destroyed = new AtomicInteger();

    CountedEncoder() {
      made.incrementAndGet();
    }

    @PreDestroy
    void destroy() {
      destroyed.incrementAndGet();
    }

    @Override
    public SseMessage encode(Shape shape) {
      return SseMessage.of("counted");
    }
  }

  @Test
  void aDependentEncoderLivesAsLongAsTheApplication() {
    CountedEncoder.made.set(0);
    CountedEncoder.destroyed.set(0);
    try (WeldContainer container = Deployment.start(CountedEncoder.class)) {
      payloads(container).toMessage(new Circle());
      payloads(container).toMessage(new Ring());

      assertThat(CountedEncoder.made).hasValue(1);
      assertThat(CountedEncoder.destroyed).hasValue(0);
    }
    assertThat(CountedEncoder.destroyed).hasValue(1);
  }

  @ApplicationScoped
  static class NullEncoder implements PayloadEncoder<Shape> {
    @Override
    public SseMessage encode(Shape shape) {
      return null;
    }
  }

  @Test
  void anEncoderThatReturnsNothingIsNamed() {
    try (WeldContainer container = Deployment.start(NullEncoder.class)) {
      assertThatThrownBy(() -> payloads(container).toMessage(new Circle()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(NullEncoder.class.getName());
    }
  }

  @ApplicationScoped
  static class NeedsPayloads implements PayloadEncoder<Shape> {
    @Inject Payloads payloads;

    @Override
    public SseMessage encode(Shape shape) {
      return payloads.toMessage(List.of(1));
    }
  }

  @Test
  void anEncoderMayInjectWhatUsesIt() {
    try (WeldContainer container = Deployment.start(NeedsPayloads.class)) {
      assertThat(encoded(container, new Circle())).isEqualTo("[1]");
    }
  }

  @Dependent
  static class NamingEncoder implements PayloadEncoder<Shape> {
    @Override
    public SseMessage encode(Shape shape) {
      return SseMessage.builder().event("shape").data(shape).build();
    }
  }

  @Test
  void whatAnEncoderLeavesToJsonIsNotEncodedAgain() {
    try (WeldContainer container = Deployment.start(NamingEncoder.class)) {
      SseMessage message = payloads(container).toMessage(new Circle());
      assertThat(message.event()).contains("shape");
      assertThat(message.data()).contains("{}");
    }
  }
}
