package org.starcast.internal.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** What counts as one address where clients are counted by it. */
public final class AddressBlock {

  private static final int PREFIX_BYTES = 8;

  private AddressBlock() {}

  /**
   * The address, or of an IPv6 address the block of 64 bits that a subscriber has alone at least
   * (RFC 6177), so that nobody counts as many.
   *
   * @param address as the container gives it, or null
   */
  public static String of(String address) {
    if (address == null || address.indexOf(':') < 0) {
      return address;
    }
    int zone = address.indexOf('%');
    byte[] bytes;
    try {
      // with a colon in it, it is no name to look up
      bytes = InetAddress.getByName(zone < 0 ? address : address.substring(0, zone)).getAddress();
      if (bytes.length > PREFIX_BYTES) {
        Arrays.fill(bytes, PREFIX_BYTES, bytes.length, (byte) 0);
        return InetAddress.getByAddress(bytes).getHostAddress() + "/64";
      }
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      return address;
    }
  }
}
