package org.starcast.it.faces;

import jakarta.enterprise.context.SessionScoped;
import jakarta.inject.Named;
import java.io.Serializable;

/** Who looks at the pages, as the session knows. */
@Named
@SessionScoped
public class Visitor implements Serializable {

  private static final long serialVersionUID = 1L;

  private String name = "nobody";
  private boolean following;

  public String getName() {
    return name;
  }

  public void setName(String name) {
    this.name = name;
  }

  public boolean isFollowing() {
    return following;
  }

  public void turn() {
    following = !following;
  }
}
