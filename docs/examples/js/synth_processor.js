// SPDX-License-Identifier: MIT
// The audio thread of synth.html: plays the strings that the page has put into the shared pool.
import { Pool } from '../../../dist/index.js';

/** A string: whether its key is held, where it is read next, and then one period of its sound. */
const [held, position, fields] = [0, 1, 2];
/** How much of the sound each period keeps, while the key is held and when it is left. */
const keeps = { held: 0.998, left: 0.93 };
const silence = 0.0005;

registerProcessor(
  'synth',
  class extends AudioWorkletProcessor {
    /** Strings by pointer; the views are made before, so that process() makes no garbage. */
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
        // Takes no lock: a later call of the page takes the block in.
        this.pool.freeDeferred(pointer);
      });
      for (let i = 0; i < out.length; i++) {
        this.scope[this.at] = out[i];
        this.at = (this.at + 1) % this.scope.length;
      }
      return true;
    }

    /** Adds a string to `out`, each sample softened by the next; returns how loud it is. */
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
