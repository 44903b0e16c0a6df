// Offers to say where one is, on a form that has no point: the form works without it, too.
const form = document.querySelector('form[data-locate]')
const button = document.getElementById('locate')
if (form && button && navigator.geolocation) {
  button.hidden = false
  button.addEventListener('click', () => {
    const said = document.getElementById('located')
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lon.value = coords.longitude.toFixed(7)
        form.elements.lat.value = coords.latitude.toFixed(7)
        form.elements.accuracy_m.value = Math.round(coords.accuracy)
        form.elements.point.required = false
        said.textContent = button.dataset.done.replace('{m}', Math.round(coords.accuracy))
      },
      () => {
        said.textContent = button.dataset.failed
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: 15000 },
    )
  })
}
