// SPDX-License-Identifier: MIT
/** Runs Lua for a while in each frame, and lets <segfit-view> read its heap. */
import './view-define.js';
import createLua from './lua.js';

const byId = (id) => document.getElementById(id);

/** The number of frames over which the rate is averaged. */
const meanOf = 60;

async function start() {
  const source = await (await fetch('./words.lua')).text();
  byId('source').textContent = source;
  const lua = await createLua();
  const memory = {
    // Emscripten replaces this view when the memory grows.
    get buffer() {
      return lua.HEAPU8.buffer;
    },
  };
  if (lua.ccall('program_start', 'number', ['string'], [source]) === 0) {
    throw new Error(lua.ccall('program_message', 'string'));
  }
  const heap = lua.ccall('watched_heap', 'number') >>> 0;
  const layout = lua.ccall('watched_layout', 'number') >>> 0;
  await byId('view').attach({ memory, heap, layout });
  run(lua, memory);
}

function run(lua, memory) {
  const step = lua.cwrap('program_step', 'number', ['number']);
  let running = true;
  byId('run').addEventListener('click', () => {
    running = !running;
    byId('run').textContent = running ? 'Pause' : 'Run';
  });
  const times = [];
  const frame = (now) => {
    if (running && step(Number(byId('pace').value)) === 0) {
      running = false;
      byId('run').disabled = true;
      byId('figures').textContent =
        lua.ccall('program_message', 'string') || 'The program has ended.';
      return;
    }
    times.push(now);
    if (times.length > meanOf) {
      const rate = (1000 * meanOf) / (now - times.shift());
      const size = (memory.buffer.byteLength / 1048576).toFixed(1);
      byId('figures').textContent = `${rate.toFixed(0)} frames a second · ${size} MiB of memory`;
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  document.documentElement.dataset.ready = 'true';
}

start().catch((error) => {
  byId('figures').textContent = error.message;
  throw error;
});
