// Plots the cost of a delivery against the number of clients.
import { competitors } from './competitors.mjs';

const width = 720;
const height = 420;
const margin = { left: 64, right: 170, top: 44, bottom: 48 };
const colours = ['#d9480f', '#868e96', '#343a40', '#2b8a3e', '#1864ab'];

/** Returns an SVG document of the results. */
export function plot(results) {
  const scenarios = Object.keys(results).filter((name) => name.startsWith('fan-out'));
  const counts = scenarios.map((name) => Number(name.split(' ')[1]));
  const lines = competitors.map(({ name, title }, index) => ({
    title,
    colour: colours[index],
    points: scenarios
      .map((scenario, place) => ({ clients: counts[place], cost: results[scenario][name]?.['short cpu'] }))
      .filter(({ cost }) => cost !== undefined),
  }));
  const top = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ cost }) => cost)));
  const step = [1, 2, 5, 10, 20, 50, 100].find((size) => top / size <= 6) ?? top / 5;
  const ceiling = Math.ceil(top / step) * step;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const x = (clients) => margin.left + (most === least ? 0 : Math.log(clients / least) / Math.log(most / least)) * (width - margin.left - margin.right);
  const y = (cost) => height - margin.bottom - (cost / ceiling) * (height - margin.top - margin.bottom);

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${margin.left}" y="24" font-size="15">Server CPU per delivery in µs, against the number of clients (64 B)</text>`,
  ];
  for (let cost = 0; cost <= ceiling; cost += step) {
    parts.push(`<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(cost)}" y2="${y(cost)}" stroke="#e9ecef"/>`);
    parts.push(`<text x="${margin.left - 8}" y="${y(cost) + 4}" text-anchor="end">${cost}</text>`);
  }
  for (const clients of counts) {
    parts.push(`<text x="${x(clients)}" y="${height - margin.bottom + 20}" text-anchor="middle">${clients.toLocaleString('en')}</text>`);
  }
  lines.forEach(({ title, colour, points }, index) => {
    const path = points.map(({ clients, cost }) => `${x(clients).toFixed(1)},${y(cost).toFixed(1)}`);
    parts.push(`<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of path) parts.push(`<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3" fill="${colour}"/>`);
    const line = margin.top + 12 + index * 22;
    parts.push(`<rect x="${width - margin.right + 18}" y="${line - 10}" width="12" height="12" fill="${colour}"/>`);
    parts.push(`<text x="${width - margin.right + 38}" y="${line}">${title}</text>`);
  });
  return `${parts.join('\n')}\n</svg>\n`;
}
