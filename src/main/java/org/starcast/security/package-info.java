/**
 * Who may hear and publish what: rules by configuration, {@link
 * org.starcast.security.TopicAuthorizer} beans of the application, and {@link
 * org.starcast.security.TopicAccess}, which asks both. Everything else asks there.
 */
package org.starcast.security;
