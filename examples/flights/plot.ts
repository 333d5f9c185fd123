/** One point of the plot with its interval. */
export interface Point {
  readonly hour: number;
  readonly count: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** For a terminal: a line a point, `─` from `low` to `high` and `●` at the mean. */
export function plotAsText(points: readonly Point[]): string {
  const place = scale(points, 60);
  const lines = points.map(({ hour, count, mean, low, high }) => {
    const line = [...(' '.repeat(place(low)) + '─'.repeat(place(high) - place(low) + 1))];
    line[place(mean)] = '●';
    const figures = [String(hour).padStart(4), String(count).padStart(8), mean.toFixed(2).padStart(7)];
    return `${figures.join(' ')}  ${line.join('')}`;
  });
  return ['hour  flights    mean  ● mean delay in minutes, ─ where it lies with 95 % certainty', ...lines].join('\n');
}

/** The same as a picture. */
export function plotAsSvg(points: readonly Point[]): string {
  const place = scale(points, 260);
  const marks = points.map(({ hour, mean, low, high }) => {
    const [x, y] = [hour * 24, (minutes: number) => 290 - place(minutes)];
    const label = `<text x="${x}" y="310" text-anchor="middle">${hour}</text>`;
    return `<path d="M${x} ${y(low)}V${y(high)}" stroke="gray"/><circle cx="${x}" cy="${y(mean)}" r="4"/>${label}`;
  });
  const title = '<text x="100" y="20">mean delay in minutes by hour of departure, 95 % intervals</text>';
  const frame = 'xmlns="http://www.w3.org/2000/svg" viewBox="80 0 500 320" font-size="12" font-family="sans-serif"';
  return `<svg ${frame}>${[title, ...marks].join('')}</svg>\n`;
}

/** From minutes to places between 0 and `size`. */
function scale(points: readonly Point[], size: number): (minutes: number) => number {
  const least = Math.min(...points.map(({ low }) => low));
  const most = Math.max(...points.map(({ high }) => high));
  return minutes => Math.round(((minutes - least) / (most - least)) * size);
}
