// Tells the style sheet how high the page really is: a phone's soft keyboard covers part of it without a resize.

export function followViewport(): void {
  const viewport = window.visualViewport
  if (viewport === null) return
  const apply = (): void => {
    // While a person has pinched in, the visual viewport is a magnifying glass and no measure.
    if (viewport.scale > 1.01) return
    document.documentElement.style.setProperty('--app-height', `${Math.round(viewport.height)}px`)
    if (viewport.offsetTop > 0) window.scrollTo(0, 0)
  }
  viewport.addEventListener('resize', apply)
  viewport.addEventListener('scroll', apply)
  apply()
}
