window.heard = [];
window.failed = [];
window.page = {
  heard(message, event) {
    window.heard.push(message);
    window.last = event;
  },
  failed(error) {
    window.failed.push(error.status);
  },
};
