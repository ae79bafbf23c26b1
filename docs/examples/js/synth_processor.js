// SPDX-License-Identifier: MIT
// The audio thread of synth.html: plays the voices that the page has put into the shared pool.
import { Pool } from '../../../dist/index.js';

/** Fields of a voice, in the order that synth.html fills them in. */
const [frequency, held, phase, level, fields] = [0, 1, 2, 3, 4];
const attack = 0.005;
const release = 0.25;

registerProcessor(
  'synth',
  class extends AudioWorkletProcessor {
    /** Float32Array by pointer: made when a voice begins, so that process() makes no garbage. */
    #voices = new Map();

    constructor({ processorOptions: { descriptor, scope } }) {
      super();
      this.pool = Pool.attach(descriptor);
      this.scope = this.pool.view(scope, Float32Array, 1024);
      this.at = 0;
      this.port.onmessage = ({ data: pointer }) => {
        this.#voices.set(pointer, this.pool.view(pointer, Float32Array, fields));
      };
    }

    process(_inputs, [[out]]) {
      this.#voices.forEach((voice, pointer) => {
        this.#play(voice, out);
        if (voice[held] !== 0 || voice[level] > 0.0005) return;
        this.#voices.delete(pointer);
        // Takes no lock: the page's next call gives the block back for good.
        this.pool.freeDeferred(pointer);
      });
      for (let i = 0; i < out.length; i++) {
        this.scope[this.at] = out[i];
        this.at = (this.at + 1) % this.scope.length;
      }
      return true;
    }

    /** Adds a voice to `out`: a saw whose overtones fade, louder while it is held, then softer. */
    #play(voice, out) {
      const step = voice[frequency] / sampleRate;
      const towards = voice[held] !== 0 ? 1 : 0;
      const rate = 1 / (sampleRate * (towards === 1 ? attack : release));
      for (let i = 0; i < out.length; i++) {
        voice[level] += (towards - voice[level]) * rate;
        voice[phase] = (voice[phase] + step) % 1;
        const turn = 2 * Math.PI * voice[phase];
        const tone = Math.sin(turn) + voice[level] * (Math.sin(2 * turn) / 2 + Math.sin(3 * turn) / 4);
        out[i] += 0.12 * voice[level] * tone;
      }
    }
  },
);
