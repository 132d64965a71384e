/**
 * What is published to which topic, as an AsyncAPI document and as TypeScript types, from what the
 * application declares.
 */
package org.starcast.internal.contract;
