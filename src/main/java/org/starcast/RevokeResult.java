package org.starcast;

import java.util.concurrent.CompletionStage;

/**
 * What became of a revocation.
 *
 * @param closed how many clients of this node were open
 * @param everywhere done when all nodes that share the backplane are certain to do the same; done
 *     already where there is one node only. While the broker cannot take it, it is sent again every
 *     few seconds. Fails with a {@link org.starcast.spi.BackplaneException} if this node ends
 *     before it was stored, or 10,000 others wait; that is logged as an error, too
 */
public record RevokeResult(int closed, CompletionStage<Void> everywhere) {}
