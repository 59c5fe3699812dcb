// Reading: the packed arrays of the page become numbers when an agent is first chosen.

const study = JSON.parse(document.getElementById("data").textContent);
const byKey = new Map(study.agents.map((entry) => [entry.key, entry]));
const loaded = new Map();

/** Return the channels that an entry of `packing.pack` stands for, each a Float32Array. */
async function unpack(entry) {
  const compressed = Uint8Array.from(atob(entry.data), (letter) => letter.charCodeAt(0));
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const [channels, n] = entry.shape;
  const wide = entry.kind === "uint16";
  const steps = wide ? 65535 : 255;
  return Array.from({ length: channels }, (_, channel) => {
    const values = new Float32Array(n);
    const low = entry.low[channel];
    const unit = (entry.high[channel] - low) / steps;
    for (let i = 0, at = channel * n, level = 0; i < n; i++, at++) {
      // A wide number is stored as its change, high bytes of all numbers first.
      level = wide ? (level + bytes[at] * 256 + bytes[at + channels * n]) & 65535 : bytes[at];
      values[i] = low + level * unit;
    }
    return values;
  });
}

/** Return an agent with its movement as numbers; its layers are read by `readLayer`. */
function readAgent(key) {
  if (!loaded.has(key)) {
    const entry = byKey.get(key);
    const parts = ["points", "way", "signals"].map((name) => unpack(entry[name]));
    const spectrum = entry.spectrum ? unpack(entry.spectrum.density) : null;
    loaded.set(
      key,
      Promise.all([...parts, spectrum]).then(([points, [way], signals, density]) => ({
        ...entry,
        points,
        way,
        signals,
        density,
        seconds: (entry.count - 1) / entry.rate,
        knots: phaseKnots(entry),
        read: {},
        placed: {},
      })),
    );
  }
  return loaded.get(key);
}

async function readLayer(agent, name) {
  const layer = agent.layers[name];
  if (layer?.values && !agent.read[name]) agent.read[name] = await unpack(layer.values);
  return agent.read[name] || null;
}

async function readPlaces(agent, map) {
  const entry = agent.places[map];
  if (entry && !agent.placed[map]) agent.placed[map] = await unpack(entry);
  return agent.placed[map] || null;
}

/** Return times (s) and strides since the first shown strike of the reference foot, both rising. */
function phaseKnots(entry) {
  const strides = entry.strides.filter((stride) => stride.foot === entry.foot);
  if (!strides.length) return null;
  const lengths = strides.map((stride) => stride.seconds).sort((one, two) => one - two);
  const usual = lengths[lengths.length >> 1];
  const times = [];
  const phases = [];
  let number = 0;
  for (const stride of strides) {
    const begun = stride.start - entry.start;
    // In a gap a strike was missed, so the strides that fit into it are counted.
    if (times.length && begun - times.at(-1) > 1e-6)
      number += Math.max(1, Math.round((begun - times.at(-1)) / usual));
    if (!times.length || begun - times.at(-1) > 1e-6) {
      times.push(begun);
      phases.push(number);
    }
    times.push(begun + stride.seconds);
    phases.push(++number);
  }
  const first = Math.max(
    0,
    times.findIndex((time) => time >= -1e-6),
  );
  const zero = phases[first];
  return { times, phases: phases.map((phase) => phase - zero) };
}

/** Interpolate between rising knots, and beyond them by the slope of the outermost interval. */
function along(xs, ys, x) {
  let right = 1;
  while (right < xs.length - 1 && xs[right] < x) right++;
  const left = right - 1;
  return ys[left] + ((x - xs[left]) / (xs[right] - xs[left])) * (ys[right] - ys[left]);
}

/** Where a moment (s) of an agent is on the common axis, which counts seconds or strides. */
const axisOf = (agent, time, align) =>
  align === "phase" ? along(agent.knots.times, agent.knots.phases, time) : time;
const timeOf = (agent, x, align) => (align === "phase" ? along(agent.knots.phases, agent.knots.times, x) : x);

/** Return the sample, with its fraction, that an agent shows at a place on the axis; nan outside. */
function sampleAt(agent, x, align) {
  const sample = timeOf(agent, x, align) * agent.rate;
  return sample < -0.5 || sample > agent.count - 0.5 ? NaN : Math.min(Math.max(sample, 0), agent.count - 1);
}

function valueAt(channel, sample) {
  const left = Math.floor(sample);
  const right = Math.min(left + 1, channel.length - 1);
  return channel[left] + (sample - left) * (channel[right] - channel[left]);
}

/** Return the mean distance (m) between the parts of two bodies, each seen from its own torso. */
function postureDistance(a, b, sampleA, sampleB) {
  const size = study.dimensions;
  let sum = 0;
  for (let first = 0; first < a.points.length; first += size) {
    let square = 0;
    for (let c = first; c < first + size; c++)
      square += (valueAt(a.points[c], sampleA) - valueAt(b.points[c], sampleB)) ** 2;
    sum += Math.sqrt(square);
  }
  return sum / (a.points.length / size);
}

/** Return places on the axis and the distance there, wherever both agents are shown, in strides if by phase. */
function differences(a, b, align) {
  const xs = [];
  const values = [];
  const within = (agent, x) =>
    align !== "phase" || (x >= agent.knots.phases[0] && x <= agent.knots.phases.at(-1));
  for (let sample = 0; sample < a.count; sample++) {
    const x = axisOf(a, sample / a.rate, align);
    const other = sampleAt(b, x, align);
    if (Number.isNaN(other) || !within(a, x) || !within(b, x)) continue;
    xs.push(x);
    values.push(postureDistance(a, b, sample, other));
  }
  return { xs, values };
}

/** Return the rows of the table of similarities that concern two agents, the first an expert. */
function similarityOf(a, b) {
  const rows = study.similarity[a.expert] || [];
  const called = (...names) => rows.filter((row) => names.includes(row[0]));
  const experts = called("expert_seed", "expert_algorithm");
  const floor = called("expert_untrained");
  if (b.level < 0) {
    return {
      pair: experts.find((row) => row[2] === b.expert),
      floor,
      experts: experts.filter((row) => row[2] !== b.expert),
      clones: [],
    };
  }
  return {
    pair: called("expert_clone").find((row) => row[3] === b.level && row[4] === b.clone),
    floor: floor.filter((row) => row[4] === b.clone),
    clones: called("clone_clone").filter((row) => row[3] === b.level),
    experts,
  };
}

function nameOf(agent) {
  return agent.level < 0 ? agent.expert : `${agent.expert}, ${agent.level} % noise, clone ${agent.clone}`;
}

const layerName = (name) =>
  name
    .replace(/^linear(\d+)/, "linear $1")
    .replace("mean_linear", "mean")
    .replace("log_std_linear", "log s.d.")
    .replace("log_std_clamped", "log s.d., clamped")
    .replace("_relu", ", activated")
    .replaceAll("_", " ");
