/** What a backplane costs, measured in one process beside a real nats-server. */
package org.starcast.bench.backplane;
