package org.starcast.demo.wall;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

/** For Jakarta Faces: the form. The page reads the model, and {@code sc:stream} says when. */
@Named
@RequestScoped
public class FacesWall {

  @Inject Wall wall;

  @NotBlank
  @Size(max = 200)
  private String text;

  /** Leads to the page anew, so that it can be loaded again without sending twice. */
  public String add() {
    wall.add(text);
    return "faces?faces-redirect=true";
  }

  public String getText() {
    return text;
  }

  public void setText(String text) {
    this.text = text;
  }
}
