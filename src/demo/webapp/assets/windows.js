import { follow, send } from './stream.js';

const [windows, waves, wave, error] = ['windows', 'waves', 'wave', 'error'].map(id => document.getElementById(id));

follow('api/windows', document.getElementById('status'), {
  message(now) {
    windows.textContent = now.open;
    waves.textContent = now.waves;
  },
});

wave.addEventListener('click', async () => {
  error.hidden = true;
  try {
    await send('api/windows/wave', { method: 'POST' });
  } catch (failure) {
    error.textContent = failure.message;
    error.hidden = false;
  }
});
