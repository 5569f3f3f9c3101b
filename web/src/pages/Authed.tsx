// What every page after login has, with or without the side bar: the keys, the palette, the help.
import { Outlet } from '@tanstack/react-router'
import { Help } from '../features/palette/Help'
import { Palette } from '../features/palette/Palette'
import { useHotkeys } from '../features/palette/useHotkeys'

export function Authed() {
  useHotkeys()
  return (
    <>
      <Outlet />
      <Palette />
      <Help />
    </>
  )
}
