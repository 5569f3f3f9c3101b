// Sets the chosen appearance before the first paint, so that a page chosen light never flashes dark. A file of its own
// because the content security policy allows no inline script.
try {
  var chosen = localStorage.getItem('longhouse.appearance')
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen
} catch (e) {
  // Storage is refused in some private windows: the system's appearance is used.
}
