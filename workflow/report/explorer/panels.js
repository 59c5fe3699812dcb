// Panels: what stands still until another agent, layer or alignment is chosen.

// ---- panels over time

function drawAxis(canvas, range, label) {
  const { g, width } = cleared(canvas);
  g.strokeStyle = g.fillStyle = INK.soft;
  g.textAlign = "center";
  for (const tick of ticks(...range, width / 90)) {
    const x = plotX(width, range, tick);
    g.fillRect(x, 0, 1, 5);
    g.fillText(tick, x, 16);
  }
  g.fillText(label, (GUTTER + width - MARGIN) / 2, 31);
}

/** Draw lines `{xs, values, colour}` over the common axis, all with one scale of values. */
function drawLines(canvas, range, lines, { fill = false, below = 0 } = {}) {
  const { g, width, height } = cleared(canvas);
  const all = lines.flatMap((line) => Array.from(line.values));
  let [low, high] = [Math.min(...all), Math.max(...all)];
  if (fill) low = 0;
  if (!(high > low)) [low, high] = [low - 1, low + 1];
  const y = (value) => height - below - 5 - ((value - low) / (high - low)) * (height - below - 10);
  g.textAlign = "right";
  for (const tick of ticks(low, high, height / 28)) {
    g.fillStyle = INK.line;
    g.fillRect(GUTTER, y(tick), width - GUTTER - MARGIN, 1);
    g.fillStyle = INK.soft;
    g.fillText(tick, GUTTER - 5, y(tick) + 4);
  }
  for (const line of lines) {
    g.strokeStyle = line.colour;
    g.lineWidth = 1.4;
    g.beginPath();
    line.xs.forEach((x, i) => {
      g.lineTo(plotX(width, range, x), y(line.values[i]));
    });
    g.stroke();
    if (!fill || !line.xs.length) continue;
    g.lineTo(plotX(width, range, line.xs.at(-1)), y(0));
    g.lineTo(plotX(width, range, line.xs[0]), y(0));
    g.globalAlpha = 0.15;
    g.fillStyle = line.colour;
    g.fill();
    g.globalAlpha = 1;
  }
  return { g, width, height, y };
}

/** Draw the contacts of each foot of both agents as bars, and mark the chosen stride. */
function drawStrides(canvas, range, rows, chosen) {
  const { g, width, height } = cleared(canvas);
  const step = height / rows.length;
  g.textAlign = "right";
  rows.forEach(({ who, foot, agent, xOf }, row) => {
    const top = row * step;
    g.fillStyle = INK.soft;
    g.fillText(study.feet[foot], GUTTER - 5, top + step / 2 + 4, GUTTER - 8);
    g.fillStyle = INK.line;
    g.fillRect(GUTTER, top + step / 2, width - GUTTER - MARGIN, 1);
    const contacts = agent.contacts[foot];
    g.fillStyle = foot > 0 ? TINT[who] : INK[who];
    for (let start = 0; start < contacts.length; start++) {
      if (!contacts[start]) continue;
      let stop = start;
      while (contacts[stop]) stop++;
      const [left, right] = [start - 0.5, stop - 0.5].map((sample) =>
        plotX(width, range, xOf(sample / agent.rate)),
      );
      g.fillRect(left, top + 3, Math.max(right - left, 1.5), step - 6);
      start = stop;
    }
    if (agent.fell) drawFall(g, plotX(width, range, xOf(agent.seconds)), top + step / 2);
    if (chosen && chosen.who === who && chosen.stride.foot === foot) {
      const begun = chosen.stride.start - agent.start;
      const [left, right] = [begun, begun + chosen.stride.seconds].map((time) =>
        plotX(width, range, xOf(time)),
      );
      g.strokeStyle = INK.chosen;
      g.lineWidth = 2;
      g.strokeRect(left, top + 1, right - left, step - 2);
    }
  });
}

function drawFall(g, x, y) {
  g.strokeStyle = INK.fall;
  g.lineWidth = 2;
  g.beginPath();
  for (const side of [-4, 4]) {
    g.moveTo(x - 4, y - side);
    g.lineTo(x + 4, y + side);
  }
  g.stroke();
}

/** Draw units (rows) over the common axis; each is scaled to its own range. */
function drawHeat(canvas, range, units, sampleOf, chosen, sorted) {
  const { g, width, height } = cleared(canvas);
  const columns = Math.max(1, Math.round(width - GUTTER - MARGIN));
  const image = new ImageData(columns, units.length);
  const samples = Array.from({ length: columns }, (_, column) =>
    sampleOf(range[0] + ((column + 0.5) / columns) * (range[1] - range[0])),
  );
  units.forEach((unit, row) => {
    const low = Math.min(...unit);
    const span = Math.max(...unit) - low || 1;
    samples.forEach((sample, column) => {
      if (Number.isNaN(sample)) return;
      const colour = HEAT[Math.round(((unit[Math.round(sample)] - low) / span) * 255)];
      image.data.set([...colour, 255], 4 * (row * columns + column));
    });
  });
  const picture = new OffscreenCanvas(columns, units.length);
  picture.getContext("2d").putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(picture, GUTTER, 0, columns, height);
  g.fillStyle = INK.soft;
  g.textAlign = "right";
  g.fillText(sorted ? "early" : "units", GUTTER - 5, 10);
  if (sorted) g.fillText("phase", GUTTER - 5, height / 2 + 4);
  if (sorted) g.fillText("late", GUTTER - 5, height - 2);
  if (chosen === null) return;
  const y = ((chosen + 0.5) / units.length) * height;
  g.strokeStyle = "#fff";
  g.lineWidth = 1;
  g.strokeRect(GUTTER, y - 3, columns, 6);
  g.fillStyle = INK.chosen;
  g.beginPath();
  g.moveTo(GUTTER, y);
  g.lineTo(GUTTER - 9, y - 5);
  g.lineTo(GUTTER - 9, y + 5);
  g.fill();
}

// ---- what stands beside

function drawSimilarity(canvas, found) {
  const { g, width, height } = cleared(canvas);
  const layers = Object.keys(found.pair[5]);
  const [left, right, top, bottom] = [106, width - 8, 4, height - 34];
  const step = (bottom - top) / layers.length;
  const px = (value) => left + Math.max(0, Math.min(value, 1)) * (right - left);
  g.textAlign = "center";
  g.fillStyle = INK.soft;
  for (const tick of [0, 0.5, 1]) {
    g.fillText(tick, px(tick), bottom + 13);
    g.fillStyle = INK.line;
    g.fillRect(px(tick), top, 1, bottom - top);
    g.fillStyle = INK.soft;
  }
  g.fillText("CKA on the common states", (left + right) / 2, height - 6);
  layers.forEach((layer, row) => {
    const y = top + (row + 0.5) * step;
    const valuesOf = (rows) => rows.map((one) => one[5][layer]).filter(Number.isFinite);
    g.textAlign = "right";
    g.fillStyle = "#1d2127";
    g.fillText(layerName(layer), left - 6, y + 4, left - 8);
    for (const [rows, colour, thick] of [
      [found.experts, "#cfd4da", 9],
      [found.clones, "#56b4e9", 5],
    ]) {
      const values = valuesOf(rows);
      if (!values.length) continue;
      g.strokeStyle = colour;
      g.lineWidth = thick;
      g.lineCap = "butt";
      g.beginPath();
      g.moveTo(px(Math.min(...values)) - 1, y);
      g.lineTo(px(Math.max(...values)) + 1, y);
      g.stroke();
    }
    g.fillStyle = "#1d2127";
    for (const value of valuesOf(found.floor)) g.fillRect(px(value) - 1, y - 6, 2, 12);
    g.fillStyle = INK.b;
    g.beginPath();
    g.arc(px(found.pair[5][layer]), y, 4.5, 0, 7);
    g.fill();
  });
}

function drawSpectra(canvas, agents, channel) {
  const range = [0, Math.max(...agents.map(({ agent }) => agent.spectrum.highest))];
  const lines = agents.map(({ agent, who }) => {
    const values = agent.density[channel];
    const { lowest, highest } = agent.spectrum;
    return {
      colour: INK[who],
      values,
      xs: Array.from(values, (_, i) => lowest + (i / (values.length - 1 || 1)) * (highest - lowest)),
    };
  });
  const all = lines.flatMap((line) => Array.from(line.values));
  const floor = Math.max(...all) - 6;
  for (const line of lines) line.values = line.values.map((value) => Math.max(value, floor));
  const { g, width, height } = drawLines(canvas, range, lines, { below: 16 });
  g.textAlign = "center";
  g.fillStyle = INK.soft;
  for (const tick of ticks(...range, 4)) g.fillText(tick, plotX(width, range, tick), height - 3);
}
