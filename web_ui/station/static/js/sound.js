// Sounds, made here: one warm note for yes, two low ones for no, a soft tick for a repeat.

let context = null;
let played = null;

export function unlock() {
  if (!window.AudioContext) return;
  context = context || new AudioContext();
  if (context.state === "suspended") context.resume();
}

// A screen that is sent again carries the same number, and stays silent. So does the first one after a reload.
export function play(cue, number) {
  const first = played === null;
  if (number === played) return;
  played = number;
  if (first || !cue) return;
  document.documentElement.dataset.cue = `${cue} ${number}`;
  unlock();
  if (!context) return;
  const sounds = { yes: yes, no: no, tick: tick };
  sounds[cue]?.(context.currentTime + 0.01);
}

function yes(at) {
  note(at, 659.3, 0.5, 0.22, "sine");
  note(at, 1318.5, 0.35, 0.05, "sine");
}

function no(at) {
  note(at, 220, 0.22, 0.25, "triangle");
  note(at + 0.26, 165, 0.34, 0.25, "triangle");
}

function tick(at) {
  note(at, 880, 0.06, 0.08, "sine");
}

function note(at, pitch, length, loudness, shape) {
  const wave = context.createOscillator();
  const gain = context.createGain();
  wave.type = shape;
  wave.frequency.value = pitch;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.015);
  gain.gain.exponentialRampToValueAtTime(0.0005, at + length);
  wave.connect(gain).connect(context.destination);
  wave.start(at);
  wave.stop(at + length + 0.02);
}
