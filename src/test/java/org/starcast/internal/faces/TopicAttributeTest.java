package org.starcast.internal.faces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.faces.FacesException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code topic} may be, and what expressions may give. */
class TopicAttributeTest {

  @Test
  void patternsHaveWhiteSpaceBetweenThem() {
    assertThat(TopicAttribute.patterns(null, " orders.*\n  news "))
        .containsExactly("orders.*", "news");
    assertThat(TopicAttribute.patterns("a.#{x}.* b.+", "a.7.* b.+"))
        .containsExactly("a.7.*", "b.+");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "orders.#{id}|orders.*",
        "orders.#{id}|orders.+",
        "orders.#{id}|orders.7 secret",
        "orders.${id}.*|orders.*.*",
        "#{topic}|a.*",
        "a.#{b * c}|a.*",
        "a.#{f('}*')}|a.*",
        "a.#{f(\"}*\")}|a.*",
        "a.#{f('\\'}*')}|a.*",
        "a.#{{'*':1}.size()}|a.*",
        "a.#{id|a.*",
      })
  void anExpressionGivesNeitherWildcardsNorMorePatterns(String written, String value) {
    assertThatThrownBy(() -> TopicAttribute.patterns(written, value))
        .isInstanceOf(FacesException.class)
        .hasMessageStartingWith("topic: an expression has given a wildcard or white space");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a..b", "a.", ">", "a.**"})
  void whatIsNoPatternIsRefused(String value) {
    assertThatThrownBy(() -> TopicAttribute.patterns(null, value))
        .isInstanceOf(FacesException.class)
        .hasMessageStartingWith("topic: ");
  }

  @Test
  void nothingIsRefused() {
    for (String value : new String[] {null, "", " "}) {
      assertThatThrownBy(() -> TopicAttribute.patterns("#{x}", value))
          .isInstanceOf(FacesException.class)
          .hasMessage("topic: is empty");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"show", "app.show", "$", "_a.b1.C", "größe"})
  void aFunctionHasAName(String name) {
    assertThat(FunctionName.check("onmessage", " " + name + " ")).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"show()", "function() {}", "a.", "1a", "a b", "x=1", "a['b']"})
  void codeIsNoName(String code) {
    assertThatThrownBy(() -> FunctionName.check("onmessage", code))
        .isInstanceOf(FacesException.class)
        .hasMessageStartingWith("onmessage: must be the name of a function");
    assertThat(FunctionName.check("onmessage", " ")).isNull();
    assertThat(FunctionName.check("onmessage", null)).isNull();
  }
}
