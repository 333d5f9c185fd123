export { average as mean } from './average.js';
