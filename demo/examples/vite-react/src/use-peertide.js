import { useEffect, useState } from 'react'
import { Peertide } from 'peertide'

/** Starts Peertide with the component; gives it, once it runs, and its latest statistics. */
export function usePeertide(options) {
  const [tide, setTide] = useState()
  const [stats, setStats] = useState()
  useEffect(() => {
    let gone = false
    let started
    Peertide.start(options).then((instance) => {
      started = instance
      if (gone) return instance.close()
      instance.addEventListener('stats', ({ detail }) => setStats(detail))
      globalThis.tide = instance // for the console; a site needs no global
      setTide(instance)
    })
    return () => {
      gone = true
      started?.close()
    }
  }, [])
  return { tide, stats }
}
