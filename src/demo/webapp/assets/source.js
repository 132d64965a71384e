/**
 * Shows the code that runs: each <details data-source="path"> loads that file from this server when
 * it is opened, and shows it without package and imports. With data-only="some words", only those
 * paragraphs of it (parted by blank lines) that contain one of the words.
 */
const TOKEN =
  /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)|(@\w+)|\b(abstract|async|await|boolean|catch|class|const|else|export|extends|final|for|from|function|if|implements|import|int|interface|let|long|new|null|of|package|private|protected|public|record|return|static|this|throw|throws|true|false|try|void)\b/g;
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

function excerpt(code, words) {
  const paragraphs = code.split(/\n{2,}/).filter(text => words.some(word => text.includes(word)));
  // the last one ends with the brace of its class
  return paragraphs.join('\n\n').replace(/\n}$/, '').replace(/^ {2}/gm, '');
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
    pre.append(coloured(details.dataset.only ? excerpt(code, details.dataset.only.split(' ')) : code));
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
  once();
}
