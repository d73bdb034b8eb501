export { quote } from './quote.js'
export { cheapest, quoteAll } from './batch.js'
export { zoneOf } from './zones.js'
export { formatCents } from './money.js'
