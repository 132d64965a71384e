/**
 * Shows the code that runs: each <details data-source="path"> loads that file from this server when
 * it is opened, and shows it without package and imports. With data-wide, it is open from the start
 * where it has room beside the demo.
 */
const TOKEN =
  /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)|(@\w+)|\b(abstract|async|await|boolean|catch|class|const|else|export|extends|final|for|from|function|if|implements|import|int|interface|let|long|new|null|of|package|private|protected|public|record|return|static|synchronized|this|throw|throws|true|false|try|void)\b/g;
const KINDS = ['t-note', 't-text', 't-mark', 't-key'];

function coloured(code) {
  const parts = document.createDocumentFragment();
  let end = 0;
  for (const match of code.matchAll(TOKEN)) {
    const span = document.createElement('span');
    span.className = KINDS[match.slice(1).findIndex(group => group !== undefined)];
    span.textContent = match[0];
    parts.append(code.slice(end, match.index), span);
    end = match.index + match[0].length;
  }
  parts.append(code.slice(end));
  return parts;
}

async function load(details) {
  const file = details.dataset.source;
  const pre = document.createElement('pre');
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', `Source of ${file.split('/').pop().split('?')[0]}`);
  const whole = document.createElement('a');
  whole.href = file;
  whole.textContent = 'The whole file';
  const foot = document.createElement('div');
  foot.className = 'whole';
  foot.append(whole);
  try {
    const response = await fetch(file);
    if (!response.ok) {
      throw new Error(response.status);
    }
    const code = (await response.text()).replace(/^(package|import) .*\n+/gm, '').trim();
    pre.append(coloured(code));
  } catch (error) {
    pre.textContent = `Cannot be loaded (${error.message}).`;
  }
  details.append(pre, foot);
}

for (const details of document.querySelectorAll('details[data-source]')) {
  const once = () => {
    if (details.open) {
      details.removeEventListener('toggle', once);
      load(details);
    }
  };
  details.addEventListener('toggle', once);
  details.open ||= 'wide' in details.dataset && matchMedia('(min-width: 56rem)').matches;
  once();
}
