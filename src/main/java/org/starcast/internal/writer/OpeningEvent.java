package org.starcast.internal.writer;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.lang.reflect.Type;

/** An empty comment, which makes a JAX-RS runtime commit the response. */
enum OpeningEvent implements OutboundSseEvent {
  INSTANCE;

  @Override
  public String getComment() {
    return "";
  }

  @Override
  public String getId() {
    return null;
  }

  @Override
  public String getName() {
    return null;
  }

  @Override
  public long getReconnectDelay() {
    return RECONNECT_NOT_SET;
  }

  @Override
  public boolean isReconnectDelaySet() {
    return false;
  }

  @Override
  public Class<?> getType() {
    return null;
  }

  @Override
  public Type getGenericType() {
    return null;
  }

  @Override
  public MediaType getMediaType() {
    return null;
  }

  @Override
  public Object getData() {
    return null;
  }
}
