// SPDX-License-Identifier: MIT
// The audio thread of synth.html: plays the strings that the page allocates in the shared pool.
import { Pool } from '../../../dist/index.js';

/** The fields of a string: is its key held, its next sample, and then one period of its sound. */
const [held, position, fields] = [0, 1, 2];
/** The part of the sound that each period keeps, while the key is held and after it is left. */
const keeps = { held: 0.998, left: 0.93 };
const silence = 0.0005;

registerProcessor(
  'synth',
  class extends AudioWorkletProcessor {
    /** Strings by pointer. The views are created ahead, so that process() makes no garbage. */
    #strings = new Map();

    constructor({ processorOptions: { descriptor, scope } }) {
      super();
      this.pool = Pool.attach(descriptor);
      this.scope = this.pool.view(scope, Float32Array, 1024);
      this.at = 0;
      this.port.onmessage = ({ data: [pointer, length] }) => {
        this.#strings.set(pointer, this.pool.view(pointer, Float32Array, length));
      };
    }

    process(_inputs, [[out]]) {
      this.#strings.forEach((string, pointer) => {
        const loudest = this.#play(string, out);
        if (string[held] !== 0 || loudest > silence) return;
        this.#strings.delete(pointer);
        // Takes no lock: the block is deferred, and a later call of the page frees it.
        this.pool.freeDeferred(pointer);
      });
      for (let i = 0; i < out.length; i++) {
        this.scope[this.at] = out[i];
        this.at = (this.at + 1) % this.scope.length;
      }
      return true;
    }

    /** Adds a string to `out`, averages each sample with the next, and returns the loudest one. */
    #play(string, out) {
      const period = string.length - fields;
      const keep = (string[held] !== 0 ? keeps.held : keeps.left) / 2;
      let at = string[position];
      let loudest = 0;
      for (let i = 0; i < out.length; i++) {
        const next = at + 1 === period ? 0 : at + 1;
        const sample = string[fields + at];
        string[fields + at] = keep * (sample + string[fields + next]);
        out[i] += 0.3 * sample;
        loudest = Math.max(loudest, Math.abs(sample));
        at = next;
      }
      string[position] = at;
      return loudest;
    }
  },
);
