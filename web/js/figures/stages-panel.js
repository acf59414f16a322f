/**
 * Where the time goes, on demand, over the video. Owns its panel and the button that opens it.
 *
 * While it is closed it costs nothing: figures are asked for when it opens, and by `refresh`.
 */
import { STAGE_NAMES, askedTexts, framesText, millisecondsText } from '../texts/figures.js';
import { shareText } from '../texts/words.js';
import { layOutStages } from './stage-stats.js';

/** @typedef {import('./stage-stats.js').StageFigures} StageFigures */
/** @typedef {import('../connection/protocol.js').Flow} Flow */

export class StagesPanel {
  #panel;
  #button;
  #list;
  #row;
  #read;

  /**
   * @param {HTMLElement} panel
   * @param {object} options
   * @param {HTMLButtonElement} options.button opens and closes it
   * @param {HTMLTemplateElement} options.row of a stage
   * @param {() => {figures: StageFigures, flow: Flow | null}} options.read flow: what the server asked for last
   */
  constructor(panel, { button, row, read }) {
    this.#panel = panel;
    this.#button = button;
    this.#list = panel.querySelector('.stages');
    this.#row = row;
    this.#read = read;
    button.addEventListener('click', () => this.#show(panel.hidden));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !panel.hidden) this.#close();
    });
    document.addEventListener('pointerdown', ({ target }) => {
      const inside = panel.contains(target) || button.contains(target);
      if (!inside && !panel.hidden) this.#close();
    });
  }

  /** Show the figures as they are now, if it is open. */
  refresh() {
    if (this.#panel.hidden) return;
    const { figures, flow } = this.#read();
    const asked = askedTexts(flow);
    this.#renderStages(figures.stages);
    this.#fact('batch', framesText(figures.batch));
    this.#fact('scan', shareText(figures.fullScans));
    this.#fact('embedding', shareText(figures.computedEmbeddings));
    this.#fact('superseded', framesText(figures.superseded));
    this.#fact('expired', framesText(figures.expired));
    this.#fact('asked-rate', asked.rate);
    this.#fact('asked-picture', asked.picture);
  }

  #close() {
    // A scrolled panel can have the focus; the keyboard must not start from the top.
    if (this.#panel.contains(document.activeElement)) this.#button.focus();
    this.#show(false);
  }

  #show(open) {
    this.#panel.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    this.refresh();
  }

  #renderStages(stages) {
    if (this.#list.children.length === 0) {
      this.#list.append(...stages.map(({ stage }) => this.#makeRow(stage)));
    }
    const places = layOutStages(stages);
    stages.forEach(({ ms }, index) => {
      const row = this.#list.children[index];
      row.querySelector('.stage-ms').textContent = millisecondsText(ms);
      const bar = row.querySelector('.stage-bar');
      bar.style.setProperty('--from', places[index].from.toFixed(4));
      bar.style.setProperty('--length', places[index].length.toFixed(4));
    });
  }

  #makeRow(stage) {
    const row = this.#row.content.firstElementChild.cloneNode(true);
    const { name, meaning } = STAGE_NAMES[stage];
    row.dataset.stage = stage;
    row.title = meaning;
    row.querySelector('.stage-name').textContent = name;
    return row;
  }

  #fact(name, text) {
    this.#panel.querySelector(`[data-fact="${name}"]`).textContent = text;
  }
}
