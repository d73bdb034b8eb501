// Runs before the first paint, as a file of its own: the page's policy allows no inline script.
;(function () {
  var kept = null
  try {
    kept = localStorage.getItem('gatehouse.theme')
  } catch {
    // Storage may be refused; the system's theme it is.
  }
  var dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
