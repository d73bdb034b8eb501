;;; gatehouse.el --- Gatehouse's language server in Emacs  -*- lexical-binding: t; -*-

;; For Eglot, which Emacs 29 and newer bring.  Load this file from your init
;; file, then `M-x eglot' in a specification, or uncomment the last line.

;;; Code:

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((markdown-mode markdown-ts-mode gfm-mode)
                 . ("gatehouse" "spec" "language-server" "--stdio"))))

;; (add-hook 'markdown-mode-hook #'eglot-ensure)

(provide 'gatehouse)
;;; gatehouse.el ends here
