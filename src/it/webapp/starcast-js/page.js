const minified = new URLSearchParams(location.search).has('min');
const { connect } = await import(`./starcast/starcast${minified ? '.min' : ''}.js`);

/** Opens a stream and writes down all that it tells. */
window.follow = (url, options = {}) => {
  const seen = { data: [], events: [], gaps: [], states: [], errors: [], ends: [] };
  const record = ({ type, data, lastEventId }) => {
    seen.data.push(data);
    seen.events.push({ type, data, lastEventId });
  };
  window.seen = seen;
  window.stream = connect(url, {
    minRetry: 100,
    name: 'page',
    ...options,
    on: { message: record, order: record },
    onGap: gap => seen.gaps.push(gap),
    onState: state => seen.states.push(state),
    onError: ({ message, status }) => seen.errors.push({ message, status }),
  });
};

/** How often this page has asked for a stream. */
window.requests = () =>
  performance.getEntriesByType('resource').filter(entry => entry.initiatorType === 'fetch').length;

window.violations = [];
document.addEventListener('securitypolicyviolation', event => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.ready = true;
