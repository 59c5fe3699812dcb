// Choosing: the lists of agents, and what follows from a choice.

const expertsOf = () => study.agents.filter((agent) => agent.level < 0);
const clonesOf = (expert, level) =>
  study.agents.filter((agent) => agent.expert === expert && agent.level === level && level >= 0);

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

/** Fill the lists of agents, so that they hold what can be chosen beside the chosen expert. */
function fillChoices() {
  const [a, b] = [byKey.get(state.keys.a), byKey.get(state.keys.b)];
  fill(
    $("expert"),
    expertsOf()
      .filter((agent) => agent.expert in study.maps)
      .map((agent) => [agent.key, agent.expert]),
    a.key,
  );
  const levels = [
    ...new Set(
      study.agents
        .filter((agent) => agent.expert === a.expert && agent.level >= 0)
        .map((agent) => agent.level),
    ),
  ];
  const groups = [
    [`Clones of ${a.expert}`, levels.map((level) => [`level ${level}`, `noise ${level} %`])],
    [
      "Other experts",
      expertsOf()
        .filter((agent) => agent !== a)
        .map((agent) => [agent.key, agent.expert]),
    ],
  ];
  $("other").replaceChildren(
    ...groups
      .filter(([, options]) => options.length)
      .map(([label, options]) => {
        const group = document.createElement("optgroup");
        group.label = label;
        group.append(...options.map(([value, text]) => new Option(text, value)));
        return group;
      }),
  );
  $("other").value = b.level < 0 ? b.key : `level ${b.level}`;
  $("number_label").hidden = b.level < 0;
  fill(
    $("number"),
    clonesOf(b.expert, b.level).map((agent) => [
      agent.key,
      `${agent.clone}${agent.median ? " (median return)" : ""}`,
    ]),
    b.key,
  );
}

/** Return the clone of median return of a level, or the first one that the page holds. */
const drawnClone = (expert, level) =>
  clonesOf(expert, level).find((agent) => agent.median) || clonesOf(expert, level)[0];

/** Return the agent that stands beside an expert at first: the drawn clone, or another expert. */
function besideAtFirst(expert, level) {
  const levels = study.agents
    .filter((agent) => agent.expert === expert && agent.level >= 0)
    .map((agent) => agent.level);
  const wanted = levels.includes(level) ? level : Math.max(...levels);
  return (drawnClone(expert, wanted) || expertsOf().find((agent) => agent.expert !== expert)).key;
}

async function choose(a, b) {
  state.keys = { a, b };
  state.stride = null;
  state.units = { a: null, b: null };
  fillChoices();
  const [first, second] = await Promise.all([readAgent(a), readAgent(b)]);
  const [placesA, placesB] = await Promise.all([
    readPlaces(first, first.expert),
    readPlaces(second, first.expert),
  ]);
  const map = study.maps[first.expert];
  const ground = map ? await Promise.all([unpack(map.density), unpack(map.regions)]) : null;
  if (state.keys.a !== a || state.keys.b !== b) return;
  pair = { a: first, b: second, paths: { a: placesA, b: placesB }, map, boxes: extents([first, second]) };
  if (map) {
    pair.density = ground[0][0];
    // Regions are whole numbers, and unpacking leaves a small fraction.
    pair.regions = ground[1][0].map(Math.round);
    pair.layout = mapLayout(map, pair.regions);
  }
  await chooseLayer();
}

async function chooseLayer() {
  const chosen = pair;
  const names = Object.keys(chosen.a.layers);
  if (!names.includes(state.layer)) state.layer = names[1] || names[0];
  fill(
    $("layer"),
    names.map((name) => [name, layerName(name)]),
    state.layer,
  );
  const [a, b] = await Promise.all([readLayer(chosen.a, state.layer), readLayer(chosen.b, state.layer)]);
  if (pair !== chosen) return;
  chosen.units = { a, b };
  arrange();
}

/** Lay out the common axis for the chosen alignment, then draw all that does not move. */
function arrange() {
  const without = ["a", "b"].filter((who) => !pair[who].knots);
  state.align = without.length ? "time" : state.wanted;
  $("align").value = state.align;
  $("align").disabled = without.length > 0;
  const notes = without.map(
    (who) =>
      `${nameOf(pair[who])} cannot be aligned by phase: ${pair[who].no_cycle || "no stride is shown"}.`,
  );
  for (const who of ["a", "b"]) if (pair[who].count < 2) notes.push(`${nameOf(pair[who])} falls at once.`);
  $("notice").textContent = notes.join(" ");
  const ends = ["a", "b"].flatMap((who) =>
    [0, pair[who].seconds].map((time) => axisOf(pair[who], time, state.align)),
  );
  pair.range = [Math.min(...ends), Math.max(...ends)];
  if (pair.range[0] === pair.range[1]) pair.range[1] += 1 / pair.a.rate;
  pair.difference = differences(pair.a, pair.b, state.align);
  pair.largest = pair.difference.values.indexOf(Math.max(...pair.difference.values));
  $("largest").disabled = pair.largest < 0;
  [$("slider").min, $("slider").max] = pair.range;
  state.x = Math.min(Math.max(state.x, pair.range[0]), pair.range[1]);
  drawAll();
  explorer.ready = true;
}
