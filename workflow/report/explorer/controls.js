// The controls: what a click, a key or a choice from a list does.

function pointOf(event) {
  const box = event.currentTarget.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top, box.width, box.height];
}

const clickedX = (event) => {
  const [x, , width] = pointOf(event);
  return Math.min(Math.max(xOfPlot(width, pair.range, x), pair.range[0]), pair.range[1]);
};

function clickMap(event) {
  if (mapMissing()) return;
  const [x, y, width] = pointOf(event);
  let nearest = null;
  for (const who of ["a", "b"]) {
    for (let sample = 0; pair.paths[who] && sample < pair[who].count; sample++) {
      const [px, py] = onMap(pair.layout, width, pair.paths[who][0][sample], pair.paths[who][1][sample]);
      const distance = Math.hypot(px - x, py - y);
      if (!nearest || distance < nearest.distance) nearest = { distance, who, sample };
    }
  }
  const agent = pair[nearest.who];
  go(axisOf(agent, nearest.sample / agent.rate, state.align));
}

function clickStrides(event) {
  if (!study.feet.length) return;
  const [, y, , height] = pointOf(event);
  const row = Math.min(Math.floor((y / height) * 2 * study.feet.length), 2 * study.feet.length - 1);
  const [who, foot] = [row < study.feet.length ? "a" : "b", row % study.feet.length];
  const agent = pair[who];
  const x = clickedX(event);
  const time = timeOf(agent, x, state.align) + agent.start;
  const stride = agent.strides.find(
    (one) => one.foot === foot && one.start <= time && time < one.start + one.seconds,
  );
  state.stride = stride ? { who, stride } : null;
  describeStride();
  drawAll();
  go(stride ? axisOf(agent, stride.start - agent.start, state.align) : x);
}

function describeStride() {
  const chosen = state.stride;
  if (!chosen) {
    $("stride_text").textContent = "Each bar is a contact of a foot. Click on a stride to select it.";
    return;
  }
  const { stride, who } = chosen;
  const duty = Object.entries(stride)
    .filter(([name]) => name.startsWith("duty_"))
    .map(([name, value]) => `${name.slice(5).replaceAll("_", " ")} ${(100 * value).toFixed(0)} %`);
  $("stride_text").textContent =
    `${nameOf(pair[who])}, ${study.feet[stride.foot]} foot: ${stride.seconds.toFixed(2)} s, ${stride.length.toFixed(2)} m, ` +
    `${stride.speed.toFixed(2)} m/s; on the ground ${duty.join(", ")}; flight ${(100 * stride.flight).toFixed(0)} %. Play repeats it.`;
}

function clickHeat(who, event) {
  if (!pair.units[who]) return;
  const [, y, , height] = pointOf(event);
  const count = pair.units[who].length;
  state.units[who] = Math.min(Math.floor((y / height) * count), count - 1);
  drawUnits(who);
  drawUnit();
  go(clickedX(event));
}

function changeAlignment(align) {
  const time = timeOf(pair.a, state.x, state.align);
  if (!pair.a.knots || !pair.b.knots) return;
  state.align = state.wanted = align;
  state.x = axisOf(pair.a, time, align);
  arrange();
  remember();
}

function goToLargest() {
  if (pair.largest < 0) return;
  play(false);
  go(pair.difference.xs[pair.largest]);
}

/** Choose the agent after or before the other one among all that can stand beside the expert. */
function nextAgent(direction) {
  const a = byKey.get(state.keys.a);
  const all = study.agents.filter((agent) => agent !== a && (agent.level < 0 || agent.expert === a.expert));
  const now = all.findIndex((agent) => agent.key === state.keys.b);
  change(a.key, all[(now + direction + all.length) % all.length].key);
}

async function change(a, b) {
  await choose(a, b);
  describeStride();
  remember();
}

function clearSelection() {
  state.stride = null;
  state.units = { a: null, b: null };
  describeStride();
  drawAll();
}

const KEYS = {
  " ": () => play(!state.playing),
  ArrowLeft: (event) => step(-1, event.shiftKey),
  ArrowRight: (event) => step(1, event.shiftKey),
  ArrowUp: () => nextAgent(-1),
  ArrowDown: () => nextAgent(1),
  Home: () => go(pair.range[0]),
  End: () => go(pair.range[1]),
  a: () => changeAlignment(state.align === "time" ? "phase" : "time"),
  d: goToLargest,
  Escape: clearSelection,
};

function pressed(event) {
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  // A list that has the focus keeps its own keys, and so do the browser's shortcuts.
  if (!action || !pair || event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT")
    return;
  event.preventDefault();
  action(event);
}

function connect() {
  fill(
    $("speed"),
    SPEEDS.map((speed) => [String(speed), `${speed} ×`]),
    String(state.speed),
  );
  const signals = study.signals.map(({ name, unit }, i) => [String(i), `${name} (${unit})`]);
  for (const place of [0, 1]) {
    fill($(`signal_${place}`), signals, String(state.signals[place]));
    $(`signal_${place}`).onchange = (event) => {
      state.signals[place] = Number(event.target.value);
      drawAll();
    };
  }
  $("play").onclick = () => play(!state.playing);
  $("back").onclick = () => step(-1, false);
  $("forth").onclick = () => step(1, false);
  $("slider").oninput = (event) => go(Number(event.target.value));
  $("speed").onchange = (event) => {
    state.speed = Number(event.target.value);
  };
  $("align").onchange = (event) => changeAlignment(event.target.value);
  $("largest").onclick = goToLargest;
  $("expert").onchange = (event) => {
    const expert = byKey.get(event.target.value);
    change(expert.key, besideAtFirst(expert.expert, byKey.get(state.keys.b).level));
  };
  $("other").onchange = (event) => {
    const [kind, level] = event.target.value.split(" ");
    change(
      state.keys.a,
      kind === "level" ? drawnClone(byKey.get(state.keys.a).expert, Number(level)).key : event.target.value,
    );
  };
  $("number").onchange = (event) => change(state.keys.a, event.target.value);
  $("layer").onchange = async (event) => {
    state.layer = event.target.value;
    state.units = { a: null, b: null };
    await chooseLayer();
    remember();
  };
  $("map").onclick = clickMap;
  $("strides").onclick = clickStrides;
  for (const who of ["a", "b"]) $(`heat_${who}`).onclick = (event) => clickHeat(who, event);
  for (const id of ["trace_0", "trace_1", "difference", "unit"])
    $(id).onclick = (event) => go(clickedX(event));
  document.addEventListener("keydown", pressed);
  new ResizeObserver(() => {
    if (pair?.range) drawAll();
  }).observe($("time"));
}

/** Show what the address names, or the first expert beside its drawn clone. */
async function begin() {
  connect();
  const words = new URLSearchParams(location.hash.slice(1));
  const named = (name) => (byKey.has(words.get(name)) ? words.get(name) : null);
  const a = named("a") || expertsOf().find((agent) => agent.expert === study.first.expert).key;
  const b = named("b") || besideAtFirst(byKey.get(a).expert, study.first.level);
  state.layer = words.get("layer") || "";
  if (words.get("align") === "time") state.align = state.wanted = "time";
  state.x = Number(words.get("x")) || 0;
  play(false);
  await choose(a, b);
}

begin();
