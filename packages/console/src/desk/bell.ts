// SPDX-License-Identifier: MIT
/** The block bell: two beats, again and again, while somebody calls. Silent where the browser wants a click first. */

const beatsAt = [0, 0.28];
const everyMs = 3_000;
/** Of a small brass bell. Hertz. */
const pitch = 1_180;
const loudness = 0.12;

const beat = (context: AudioContext, at: number): void => {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(loudness, at);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.9);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.9);
};

export interface Bell {
  readonly ring: (rings: boolean) => void;
}

export const createBell = (): Bell => {
  let context: AudioContext | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const strike = (): void => {
    if (context?.state !== "running") return;
    for (const after of beatsAt) beat(context, context.currentTime + after);
  };
  return {
    ring(rings) {
      if (rings === (timer !== undefined) || typeof AudioContext === "undefined") return;
      clearInterval(timer);
      timer = undefined;
      if (!rings) return;
      context ??= new AudioContext();
      timer = setInterval(strike, everyMs);
      strike();
    },
  };
};
