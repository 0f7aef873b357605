import { createRoot } from 'react-dom/client'
import { Gallery } from './gallery.jsx'

createRoot(document.getElementById('root')).render(<Gallery />)
