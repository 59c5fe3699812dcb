// State: what is chosen and which moment is shown. All other scripts read it.

const $ = (id) => document.getElementById(id);
const FACTS = {
  return: ["return", 0],
  survival: ["survival", 2],
  speed: ["speed", 2],
  stride_frequency: ["strides", 2],
  stride_time_cv: ["variation of the stride time", 0],
  spectral_distance: ["spectral distance", 2],
  map_distance: ["map distance", 2],
};
const SPEEDS = [0.05, 0.1, 0.25, 0.5, 1];
const state = {
  keys: { a: "", b: "" },
  align: "phase",
  wanted: "phase",
  x: 0,
  playing: false,
  speed: 0.25,
  layer: "",
  signals: [0, study.signals.length - 1],
  stride: null,
  units: { a: null, b: null },
};
/** All that follows from the choice of the two agents; null until they are read. */
let pair = null;
const explorer = { frames: 0, ready: false, state };
window.explorer = explorer;
