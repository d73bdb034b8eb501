-- Gatehouse's language server in Neovim 0.7 and newer, without any plugin.
-- Put this file into a `lua` folder of your configuration (~/.config/nvim/lua/gatehouse.lua) and write in init.lua:
--   require('gatehouse').setup()
-- Options: `cmd`, `filetypes` and `root_markers`, each replacing the list below.
local M = {}

local defaults = {
  cmd = { 'gatehouse', 'spec', 'language-server', '--stdio' },
  -- Specifications, and code whose comments name requirements.
  filetypes = {
    'markdown', 'yaml', 'json', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'python', 'go', 'rust',
    'java', 'kotlin', 'c', 'cpp', 'cs', 'ruby', 'php', 'swift', 'lua', 'sh', 'sql',
  },
  root_markers = { '.specify', 'openspec', '.agent', '.kiro', 'gatehouse-specs.yaml', '.gatehouse', '.git' },
}

-- The nearest folder above a file that holds one of the markers.
local function root_of(file, markers)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  while true do
    for _, marker in ipairs(markers) do
      if vim.loop.fs_stat(folder .. '/' .. marker) then
        return folder
      end
    end
    local above = vim.fn.fnamemodify(folder, ':h')
    if above == folder then
      return nil
    end
    folder = above
  end
end

-- Neovim 0.7 has no vim.lsp.start: one client for each root is kept here.
local clients = {}

local function start_by_hand(config, buffer)
  local id = clients[config.root_dir]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    clients[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

function M.setup(options)
  local settings = vim.tbl_extend('force', defaults, options or {})
  if vim.fn.has('nvim-0.11') == 1 then
    vim.lsp.config('gatehouse', {
      cmd = settings.cmd,
      filetypes = settings.filetypes,
      root_markers = { settings.root_markers },
    })
    vim.lsp.enable('gatehouse')
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('gatehouse', { clear = true }),
    pattern = settings.filetypes,
    callback = function(event)
      local file = vim.api.nvim_buf_get_name(event.buf)
      if file == '' or vim.bo[event.buf].buftype ~= '' then
        return
      end
      local root = root_of(file, settings.root_markers)
      if not root then
        return
      end
      local config = {
        name = 'gatehouse',
        cmd = settings.cmd,
        root_dir = root,
        workspace_folders = { { uri = vim.uri_from_fname(root), name = root } },
      }
      if vim.lsp.start then
        vim.lsp.start(config, { bufnr = event.buf })
      else
        start_by_hand(config, event.buf)
      end
    end,
  })
end

return M
