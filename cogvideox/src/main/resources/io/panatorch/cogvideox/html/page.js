'use strict';
// Each figure has one video and draws its parts apart, so that all of them show the same frame always.
for (const figure of document.querySelectorAll('.videos')) {
  const video = figure.querySelector('video');
  const parts = [...figure.querySelectorAll('canvas')];
  const button = figure.querySelector('button');
  const slider = figure.querySelector('input');
  const output = figure.querySelector('output');
  const frames = Number(slider.max) + 1;
  let wanted = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  let inView = false;

  const paint = () => {
    if (video.readyState < 2) return;
    for (const part of parts) {
      part.getContext('2d').drawImage(video, Number(part.dataset.x), Number(part.dataset.y), part.width, part.height,
          0, 0, part.width, part.height);
    }
    slider.value = Math.min(frames - 1, Math.floor(video.currentTime / video.duration * frames + 0.01));
    output.textContent = `${Number(slider.value) + 1} / ${frames}`;
  };
  const play = () => {
    button.textContent = wanted ? 'Pause' : 'Play';
    if (wanted && inView) {
      video.play().catch(error => {
        if (error.name === 'NotAllowedError') { wanted = false; play(); } // only after somebody asked for it
      });
    } else {
      video.pause();
    }
  };
  const live = works => { figure.classList.toggle('live', works); video.controls = !works; };

  button.addEventListener('click', () => { wanted = !wanted; play(); });
  slider.addEventListener('input', () => {
    wanted = false;
    play();
    video.currentTime = (Number(slider.value) + 0.5) / frames * video.duration;
  });
  video.addEventListener('error', () => live(false));
  video.addEventListener('loadeddata', paint);
  video.addEventListener('seeked', paint);
  if (video.requestVideoFrameCallback) {
    const follow = () => { paint(); video.requestVideoFrameCallback(follow); };
    video.requestVideoFrameCallback(follow);
  } else {
    video.addEventListener('timeupdate', paint);
  }
  live(!video.error);
  paint();
  new IntersectionObserver(entries => { inView = entries.at(-1).isIntersecting; play(); }).observe(figure);
}
