// Bodies and the gait map: what moves while the walk is played.

// ---- bodies

/** Return the extent of both agents' bodies in each view, so that both are drawn at one scale. */
function extents(agents) {
  const size = study.dimensions;
  return study.views.map(([, right, up]) =>
    [right, up].map((coordinate) => {
      const ends = agents.flatMap((agent) =>
        agent.points.filter((_, channel) => channel % size === coordinate),
      );
      const widest = Math.max(...study.radii);
      return [
        Math.min(...ends.map((end) => Math.min(...end))) - widest,
        Math.max(...ends.map((end) => Math.max(...end))) + widest,
      ];
    }),
  );
}

function drawBody(canvas, agent, who, sample, outside, boxes) {
  const { g, width, height } = cleared(canvas);
  const wanted = boxes.map(([across]) => across[1] - across[0]);
  const total = wanted.reduce((sum, part) => sum + part, 0);
  let left = 0;
  study.views.forEach(([name, right, up], view) => {
    const share = (width * wanted[view]) / total;
    g.save();
    g.beginPath();
    g.rect(left, 0, share, height);
    g.clip();
    drawView(g, { left, width: share, height, right, up, box: boxes[view] }, agent, who, sample, outside);
    g.restore();
    if (study.views.length > 1) {
      g.fillStyle = INK.soft;
      g.textAlign = "left";
      g.fillText(name, left + 4, 12);
    }
    left += share;
  });
  if (outside) {
    g.fillStyle = INK.soft;
    g.textAlign = "center";
    g.fillText("not recorded at this moment", width / 2, 26);
  }
}

function drawView(g, view, agent, who, sample, outside) {
  const size = study.dimensions;
  const [across, along_] = view.box;
  const upwards = view.up === size - 1;
  const low = upwards ? Math.min(0, along_[0]) : along_[0];
  const scale = Math.min((view.width - 12) / (across[1] - across[0]), (view.height - 34) / (along_[1] - low));
  const middle = view.left + view.width / 2 - (scale * (across[0] + across[1])) / 2;
  const floor = view.height - 22 + scale * low;
  const px = (value) => middle + scale * value;
  const py = (value) => floor - scale * value;
  if (upwards) drawGround(g, view, agent, sample, scale, middle, py(0));
  const parts = study.legs.length;
  const lowest = study.feet.map(() => null);
  g.globalAlpha = outside ? 0.25 : 1;
  // The first leg is nearest to the viewer, so it is drawn last.
  const order = study.legs
    .map((leg, part) => [study.feet.indexOf(leg), part])
    .sort((one, two) => (two[0] < 0 ? -0.5 : two[0]) - (one[0] < 0 ? -0.5 : one[0]));
  for (const [foot, part] of order) {
    const [x0, y0, x1, y1] = [0, parts].flatMap((end) =>
      [view.right, view.up].map((c) => valueAt(agent.points[(end + part) * size + c], sample)),
    );
    g.strokeStyle = foot > 0 ? TINT[who] : INK[who];
    g.lineWidth = Math.max(2, 2 * study.radii[part] * scale);
    g.beginPath();
    g.moveTo(px(x0), py(y0));
    g.lineTo(px(x1) + 0.01, py(y1));
    g.stroke();
    for (const [x, y] of [
      [x0, y0],
      [x1, y1],
    ])
      if (foot >= 0 && (!lowest[foot] || y < lowest[foot][1])) lowest[foot] = [x, y, study.radii[part]];
  }
  const at = Math.round(sample);
  study.feet.forEach((_, foot) => {
    if (!upwards || !lowest[foot] || !agent.contacts[foot][at]) return;
    g.fillStyle = INK.chosen;
    g.beginPath();
    g.ellipse(px(lowest[foot][0]), py(0) + 4, 11, 3.2, 0, 0, 7);
    g.fill();
  });
  g.globalAlpha = 1;
}

/** Draw the floor with a mark for each half metre, which pass as the body walks. */
function drawGround(g, view, agent, sample, scale, middle, floor) {
  g.strokeStyle = "#9aa1aa";
  g.lineWidth = 1;
  g.beginPath();
  g.moveTo(view.left, floor + 1);
  g.lineTo(view.left + view.width, floor + 1);
  g.stroke();
  if (view.right !== 0) return;
  const way = valueAt(agent.way, sample);
  const half = view.width / 2 / scale + 1;
  g.fillStyle = INK.soft;
  g.textAlign = "center";
  for (let mark = Math.ceil((way - half) * 2); mark <= (way + half) * 2; mark++) {
    const x = middle + scale * (mark / 2 - way);
    g.beginPath();
    g.moveTo(x, floor + 1);
    g.lineTo(x, floor + (mark % 2 ? 5 : 8));
    g.stroke();
    if (mark % 2 === 0) g.fillText(`${mark / 2} m`, x, floor + 19);
  }
}

// ---- the gait map

/** Return how a map is laid out in a square: the part of it that holds its regions. */
function mapLayout(map, regions) {
  let least = map.grid;
  let most = 0;
  regions.forEach((region, cell) => {
    if (!region) return;
    const row = Math.floor(cell / map.grid);
    const column = cell % map.grid;
    least = Math.min(least, row, column);
    most = Math.max(most, row, column);
  });
  const cell = (2 * map.limit) / map.grid;
  return { low: least * cell - map.limit, high: (most + 1) * cell - map.limit, cell };
}

function drawMap(canvas, map, density, regions, layout, paths) {
  const { g, width } = cleared(canvas);
  const scale = width / (layout.high - layout.low);
  const at = (row, column) => regions[row * map.grid + column] || 0;
  const highest = Math.max(...density);
  const centres = new Map();
  for (let row = 0; row < map.grid; row++) {
    for (let column = 0; column < map.grid; column++) {
      const region = at(row, column);
      if (!region) continue;
      const x = (column * layout.cell - map.limit - layout.low) * scale;
      const y = width - ((row + 1) * layout.cell - map.limit - layout.low) * scale;
      const side = layout.cell * scale;
      const crowd = density[row * map.grid + column] / highest;
      g.fillStyle = `rgba(86, 180, 233, ${0.08 + 0.72 * Math.sqrt(Math.max(crowd, 0))})`;
      g.fillRect(x, y, side + 0.6, side + 0.6);
      g.fillStyle = "#fff";
      if (at(row, column + 1) !== region) g.fillRect(x + side - 0.8, y, 1.6, side);
      if (at(row - 1, column) !== region && row > 0) g.fillRect(x, y + side - 0.8, side, 1.6);
      const [sum, sx, sy] = centres.get(region) || [0, 0, 0];
      centres.set(region, [sum + crowd, sx + crowd * x, sy + crowd * y]);
    }
  }
  for (const who of ["b", "a"]) drawPath(g, paths[who], layout, width, INK[who], 0.3, 1);
  g.fillStyle = "#1d2127";
  g.textAlign = "center";
  for (const [region, [sum, x, y]] of centres) if (sum) g.fillText(region, x / sum, y / sum + 4);
}

const onMap = (layout, width, x, y) => [
  ((x - layout.low) / (layout.high - layout.low)) * width,
  width - ((y - layout.low) / (layout.high - layout.low)) * width,
];

function drawPath(g, path, layout, width, colour, opacity, thickness, from = 0, to = Infinity) {
  if (!path) return;
  g.globalAlpha = opacity;
  g.strokeStyle = colour;
  g.lineWidth = thickness;
  g.beginPath();
  for (let i = Math.max(0, from); i < Math.min(path[0].length, to); i++)
    g.lineTo(...onMap(layout, width, path[0][i], path[1][i]));
  g.stroke();
  g.globalAlpha = 1;
}

function drawDots(canvas, layout, paths, samples) {
  const { g, width } = cleared(canvas);
  for (const who of ["b", "a"]) {
    if (!paths[who] || Number.isNaN(samples[who])) continue;
    const now = Math.round(samples[who]);
    drawPath(g, paths[who], layout, width, INK[who], 0.85, 2.4, now - 9, now + 1);
    g.fillStyle = INK[who];
    g.strokeStyle = "#fff";
    g.lineWidth = 2;
    g.beginPath();
    g.arc(...onMap(layout, width, paths[who][0][now], paths[who][1][now]), 7, 0, 7);
    g.fill();
    g.stroke();
  }
}
