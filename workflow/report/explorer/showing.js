// Showing: all panels for what is chosen, and all that moves for one moment.

const xsOf = (agent) =>
  Array.from({ length: agent.count }, (_, sample) => axisOf(agent, sample / agent.rate, state.align));
const lineOf = (who, values) => ({ xs: xsOf(pair[who]), values, colour: INK[who] });

function drawAll() {
  for (const who of ["a", "b"]) $(`facts_${who}`).textContent = factsOf(pair[who]);
  const missing = mapMissing();
  if (missing) {
    message($("map"), missing);
    cleared($("dots"));
  } else drawMap($("map"), pair.map, pair.density, pair.regions, pair.layout, pair.paths);
  const rows = ["a", "b"].flatMap((who) =>
    study.feet.map((_, foot) => ({
      who,
      foot,
      agent: pair[who],
      xOf: (time) => axisOf(pair[who], time, state.align),
    })),
  );
  if (rows.length) drawStrides($("strides"), pair.range, rows, state.stride);
  else message($("strides"), "No foot of this body is recorded.");
  for (const place of [0, 1]) {
    const lines = ["b", "a"].map((who) => lineOf(who, pair[who].signals[state.signals[place]]));
    drawLines($(`trace_${place}`), pair.range, lines);
  }
  drawDifference();
  for (const who of ["a", "b"]) drawUnits(who);
  drawUnit();
  drawAxis(
    $("axis"),
    pair.range,
    state.align === "phase" ? "strides since the first strike" : "s since the shown walk began",
  );
  drawBeside();
  drawSources();
  show();
}

function mapMissing() {
  if (!pair.map)
    return `The gait map of ${pair.a.expert} is empty: the expert has no steady walk that varies.`;
  return pair.paths.a || pair.paths.b ? "" : "Neither agent has a place on the map.";
}

function factsOf(agent) {
  const facts = agent.facts.map(({ name, unit, value }) => {
    const [called, digits] = FACTS[name];
    const shown = value.toLocaleString("en", {
      maximumFractionDigits: digits,
      minimumFractionDigits: digits,
    });
    return `${called} ${shown}${["1", "reward"].includes(unit) ? "" : ` ${unit.replace("bits^0.5", "√bit")}`}`;
  });
  if (agent.fell) facts.push("falls at the end of what is shown");
  return facts.join(" · ");
}

function drawDifference() {
  if (pair.largest < 0) {
    message($("difference"), "The two agents are never shown at the same moment.");
    return;
  }
  const { xs, values } = pair.difference;
  const { g, width, y } = drawLines(
    $("difference"),
    pair.range,
    [{ xs, values: values.map((value) => value * 100), colour: INK.soft }],
    { fill: true },
  );
  g.fillStyle = INK.chosen;
  g.beginPath();
  g.arc(plotX(width, pair.range, xs[pair.largest]), y(values[pair.largest] * 100), 4, 0, 7);
  g.fill();
}

function drawUnits(who) {
  const layer = pair[who].layers[state.layer];
  const canvas = $(`heat_${who}`);
  if (!layer || !pair.units[who]) {
    message(canvas, layer ? "No unit of this layer varies here." : "This network has no such layer.");
    $(`units_${who}`).textContent = "";
    return;
  }
  const shown = layer.shown.length;
  const sorted = layer.phases.some((phase) => phase !== null);
  $(`units_${who}`).textContent =
    `${nameOf(pair[who])}: the ${shown} of ${layer.units} units that vary most, ` +
    `${sorted ? "sorted by the phase at which they fire" : "not sorted, because there is no phase"}` +
    `; ${layer.still} do not vary.`;
  drawHeat(
    canvas,
    pair.range,
    pair.units[who],
    (x) => Math.round(sampleAt(pair[who], x, state.align)),
    state.units[who],
    sorted,
  );
}

function drawUnit() {
  const chosen = ["a", "b"].filter((who) => state.units[who] !== null);
  if (!chosen.length) {
    message($("unit"), "No unit is selected.");
    $("unit_text").textContent = "Click on a unit of a heat map to select it.";
    return;
  }
  $("unit_text").textContent = chosen
    .map((who) => {
      const layer = pair[who].layers[state.layer];
      const phase = layer.phases[state.units[who]];
      return `${nameOf(pair[who])}: unit ${layer.shown[state.units[who]]}${phase === null ? "" : ` fires around phase ${phase.toFixed(2)}`}`;
    })
    .join("; ");
  drawLines(
    $("unit"),
    pair.range,
    chosen.map((who) => lineOf(who, pair.units[who][state.units[who]])),
  );
}

function drawBeside() {
  const found = similarityOf(pair.a, pair.b);
  if (found.pair) {
    drawSimilarity($("similarity"), found);
    const parts = [
      `● ${pair.a.expert} and ${nameOf(pair.b)}`,
      pair.b.level < 0 ? "❘ untrained networks" : "❘ floor: the clone's own network before training",
    ];
    if (found.clones.length) parts.push("blue: other clones of the level with each other");
    if (found.experts.length) parts.push("grey: the expert with other experts");
    $("similarity_text").textContent = `${parts.join("; ")}. From tables/similarity.csv.`;
  } else {
    message($("similarity"), "The study did not compare these two networks.");
    $("similarity_text").textContent = "";
  }
  const agents = ["b", "a"].filter((who) => pair[who].density).map((who) => ({ who, agent: pair[who] }));
  const silent = ["a", "b"]
    .filter((who) => !pair[who].density)
    .map((who) => `${nameOf(pair[who])} never walked for a whole segment, so it has no spectrum.`);
  // The speed is the last signal, and the only one without a spectrum.
  const channel = Math.min(state.signals[0], study.signals.length - 2);
  if (agents.length) drawSpectra($("spectra"), agents, channel);
  else message($("spectra"), "No spectrum");
  const { name, unit } = study.signals[channel];
  $("spectra_text").textContent =
    `${name}: log10 of the density (${unit}²/Hz) by frequency (Hz), over all of an agent's episodes. ${silent.join(" ")}`;
}

function drawSources() {
  const percent = (share) => `${(share * 100).toFixed(share < 0.001 ? 4 : 1)} %`;
  const lines = ["a", "b"].map((who) => {
    const agent = pair[who];
    return (
      `${nameOf(agent)}: ${agent.count} samples at ${agent.rate.toFixed(1)} Hz from ${agent.start.toFixed(2)} s of episode ${agent.episode}, ` +
      `the longest of ${agent.episodes}${agent.fell ? ", up to its fall" : ""}. Files: ${agent.files.join(", ")}.`
    );
  });
  lines.push(
    `All numbers are recorded ones, thinned in time. They are stored in steps: movement, places and strides within ` +
      `${percent(study.errors.uint16)}, units and spectra within ${percent(study.errors.uint8)} of the range of their channel. ` +
      `The activity is what each network computes in the recorded states, as the next layer reads it. The similarity is from tables/similarity.csv, the facts are from tables/measures.csv.`,
  );
  if (study.left_out)
    lines.push(
      `Of each level, the clones whose returns are nearest to the median are here; ${study.left_out} others of the study are not.`,
    );
  $("sources").replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })),
  );
}

/** Draw all that moves: both bodies, the dots on the map, the cursor and the values beside it. */
function show() {
  const samples = { a: sampleAt(pair.a, state.x, state.align), b: sampleAt(pair.b, state.x, state.align) };
  for (const who of ["a", "b"]) {
    const outside = Number.isNaN(samples[who]);
    const nearest = timeOf(pair[who], state.x, state.align) <= 0 ? 0 : pair[who].count - 1;
    drawBody($(`body_${who}`), pair[who], who, outside ? nearest : samples[who], outside, pair.boxes);
  }
  if (!mapMissing()) {
    drawDots($("dots"), pair.layout, pair.paths, samples);
    $("region").textContent = ["a", "b"]
      .filter((who) => pair.paths[who] && !Number.isNaN(samples[who]))
      .map(
        (who) => `${who === "a" ? pair.a.expert : "beside it"}: ${regionAt(pair.paths[who], samples[who])}`,
      )
      .join(", ");
  } else $("region").textContent = "";
  $("cursor").style.transform =
    `translateX(${$("axis").offsetLeft + plotX($("axis").clientWidth, pair.range, state.x)}px)`;
  $("slider").value = state.x;
  $("clock").textContent =
    state.align === "phase" ? `${state.x.toFixed(2)} strides` : `${state.x.toFixed(2)} s`;
  for (const place of [0, 1]) showValues(place, samples);
  const both = !Number.isNaN(samples.a) && !Number.isNaN(samples.b);
  $("value_difference").textContent = both
    ? `${(100 * postureDistance(pair.a, pair.b, samples.a, samples.b)).toFixed(1)} cm between their parts, on average`
    : "";
}

/** Show the values of a chosen signal at the moment that is shown. */
function showValues(place, samples) {
  const signal = state.signals[place];
  for (const who of ["a", "b"]) {
    const value = Number.isNaN(samples[who])
      ? "–"
      : valueAt(pair[who].signals[signal], samples[who]).toFixed(2);
    $(`value_${place}_${who}`).textContent = `${value} ${study.signals[signal].unit}`;
  }
}

function regionAt(path, sample) {
  const { grid, limit } = pair.map;
  const [column, row] = path.map((channel) =>
    Math.floor(((channel[Math.round(sample)] + limit) / (2 * limit)) * grid),
  );
  return pair.regions[row * grid + column] ? `region ${pair.regions[row * grid + column]}` : "outside";
}
