// A password that was set for somebody, to be handed on.
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { ShownOnce } from '../../ui/ShownOnce'

export function PasswordMade({ title, username, password, onClose }: { title: string; username: string; password: string; onClose: () => void }) {
  return (
    <Dialog title={title} description={`Hand this to ${username} on a way that you trust. They can change it in their profile.`} onClose={onClose}>
      <div className="mt-4">
        <ShownOnce secret={password} what="Password" />
      </div>
      <div className="mt-6 flex justify-end">
        <Button onClick={onClose}>Done</Button>
      </div>
    </Dialog>
  )
}
