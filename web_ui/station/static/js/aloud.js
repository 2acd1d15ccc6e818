// Says aloud what the station asks for, with a voice of this machine. Where there is none, nothing is said.

// How voices name their language; espeak calls Mandarin "cmn". Cantonese would be another reading of every word.
const NAMED = { zh: /^(zh|cmn)(?![-_]hk)/i, en: /^en/i };
// A little slower than people talk among themselves.
const RATE = 0.9;
let about = null;

// A voice from the network would be told children's names.
function voiceOf(language) {
  const fits = (voice) => voice.localService && NAMED[language].test(voice.lang);
  return window.speechSynthesis.getVoices().find(fits);
}

// The newest words count: whatever is still being said of the book before is cut off, and so is all when a visit ends.
export function speak(aloud, language) {
  const of = aloud ? aloud.of : "";
  const first = about === null;
  if (of === about) return;
  about = of;
  const speech = window.speechSynthesis;
  if (!speech || first) return;
  speech.cancel();
  const voice = aloud && voiceOf(language);
  if (!voice) return;
  const words = new SpeechSynthesisUtterance(aloud.text);
  words.voice = voice;
  words.lang = voice.lang;
  words.rate = RATE;
  speech.speak(words);
}

// Browsers look for their voices only when they are first asked.
window.speechSynthesis?.getVoices();
