// What every page does with a browser; the pages are whole without it.
