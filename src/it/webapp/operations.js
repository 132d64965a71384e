// what the tests ask for: which events came, and which view transitions ran
window.seen = [];
for (const target of [document, document.getElementById('target')]) {
  target.addEventListener('greeting', event => window.seen.push([event.currentTarget.id ?? 'document', event.detail]));
}
window.transitions = 0;
for (const owner of [Document.prototype, Element.prototype]) {
  const start = owner.startViewTransition;
  if (start) {
    owner.startViewTransition = function (...args) {
      window.transitions++;
      window.transitioned = this.id ?? 'document';
      return start.apply(this, args);
    };
  }
}
