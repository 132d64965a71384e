/**
 * One answer of a language model three times: its tokens as JSON, or its Markdown so far as patches
 * for Datastar and as markup for htmx.
 */
package org.starcast.demo.answer;
