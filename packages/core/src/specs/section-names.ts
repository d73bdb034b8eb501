/** Wordings of each section, in the form of `comparedTitle`, English first, then as localized templates write them; a comma between. */
export const SECTION_NAMES: Readonly<Record<string, string>> = {
  'user-scenarios':
    'user scenarios testing, user scenarios and testing, user scenarios, user stories, user scenarios tests, ' +
    'escenarios de usuario y pruebas, escenarios de usuario, historias de usuario, ' +
    'cenários de usuário e testes, cenários de usuário, histórias de usuário, ' +
    'scénarios utilisateur et tests, scénarios utilisateur, benutzerszenarien und tests, benutzerszenarien, ' +
    'пользовательские сценарии и тестирование, пользовательские сценарии, 用户场景与测试, 用户场景和测试, 用户场景, 使用者情境與測試, ' +
    'ユーザーシナリオとテスト, ユーザーシナリオ テスト, ユーザーシナリオ, 사용자 시나리오 및 테스트, 사용자 시나리오 테스트, 사용자 시나리오, 使用者情境和測試, 使用者情境, 使用者場景與測試, 使用者場景, 用户场景测试, 用户故事, 使用者故事, 사용자 시나리오와 테스트, ユーザーシナリオと検証, scénarios utilisateurs, scénarios utilisateurs et tests, cenários do usuário e testes, escenarios y pruebas de usuario',
  'edge-cases':
    'edge cases, edge case, casos límite, casos borde, casos extremos, casos de borda, cas limites, ' +
    'cas particuliers, grenzfälle, randfälle, граничные случаи, 边缘情况, 边界情况, 邊界情況, エッジケース, 엣지 케이스, 邊緣案例, 邊緣情況, 边界条件, 异常情况, 境界ケース, 예외 상황, casos especiais, casos de borde',
  requirements:
    'requirements, requirement, requirements and scenarios, requisitos, requisitos y escenarios, requerimientos, exigences, anforderungen, требования, 需求, 要求, ' +
    '要件, 요구사항, 요구 사항',
  'functional-requirements':
    'functional requirements, functional requirement, requisitos funcionales, requerimientos funcionales, ' +
    'requisitos funcionais, exigences fonctionnelles, funktionale anforderungen, функциональные требования, ' +
    '功能需求, 功能性需求, 功能要求, 機能要件, 기능 요구사항, 기능적 요구사항, 功能性要求, 기능 요구 사항, 機能要求',
  'non-functional-requirements':
    'non functional requirements, nonfunctional requirements, non functional, nfrs, quality requirements, ' +
    'requisitos no funcionales, requisitos não funcionais, exigences non fonctionnelles, ' +
    'nicht funktionale anforderungen, нефункциональные требования, 非功能需求, 非功能性需求, 非機能要件, 비기능 요구사항, 非功能性要求, 비기능 요구 사항, 非機能要求, 非功能要求',
  'key-entities':
    'key entities, entities, entidades clave, entidades chave, entidades principais, entités clés, ' +
    'wichtige entitäten, kernentitäten, schlüsselentitäten, ключевые сущности, 关键实体, 關鍵實體, 主要エンティティ, ' +
    'キーエンティティ, 핵심 엔티티, 주요 엔티티, 主要实体, 核心实体, 主要實體, 核心實體, entidades clave del dominio',
  'success-criteria':
    'success criteria, success metrics, measurable outcomes, criterios de éxito, resultados medibles, ' +
    'critérios de sucesso, critères de succès, critères de réussite, erfolgskriterien, критерии успеха, ' +
    '成功标准, 成功標準, 成功基準, 성공 기준, 成功指標, 成功指标, 可衡量成果, 可衡量的成果, 可衡量结果, 測定可能な成果, 측정 가능한 결과, resultados mensurables, resultados mensuráveis, résultats mesurables, 成功準則, 成功条件',
  assumptions:
    'assumptions, assumptions and dependencies, assumptions dependencies, supuestos, suposiciones, ' +
    'premissas, suposições, hypothèses, annahmen, предположения, 假设, 假設, 前提, 前提条件, 가정, 가정 사항',
  clarifications:
    'clarifications, clarification, aclaraciones, esclarecimentos, klärungen, уточнения, 澄清, 澄清事项, 明確化, 명확화',
  'acceptance-criteria':
    'acceptance criteria, acceptance criterion, criteria, definition of acceptance, criterios de aceptación, ' +
    'critérios de aceitação, critères d acceptation, akzeptanzkriterien, abnahmekriterien, критерии приемки, ' +
    'критерии приёмки, 验收标准, 驗收標準, 受け入れ基準, 受入基準, 인수 조건, 수용 기준, 驗收條件, 验收条件, 受け入れ条件, 수락 기준',
  'acceptance-scenarios':
    'acceptance scenarios, acceptance scenario, acceptance tests, escenarios de aceptación, ' +
    'cenários de aceitação, cenários de aceite, scénarios d acceptation, akzeptanzszenarien, ' +
    'abnahmeszenarien, сценарии приемки, 验收场景, 驗收情境, 受け入れシナリオ, 受入シナリオ, 인수 시나리오, 수용 시나리오, 驗收場景, 验收情景, 수락 시나리오',
  'out-of-scope':
    'out of scope, non goals, not in scope, fuera de alcance, fora do escopo, hors périmètre, ' +
    'nicht im umfang, 范围外, 対象外, 범위 외, won t do',
  overview:
    'overview, summary, introduction, description, purpose, background, context, feature description, ' +
    'feature request, goal, goals, propósito, objetivo, objet, zweck, назначение, 目的, 用途, 목적, objective, objectives, goal description, executive summary, resumen, ' +
    'resumo, résumé, zusammenfassung, überblick, обзор, 概述, 概要, 개요, 摘要, 摘要說明, 總覽, 概览, 要約, 요약',
  'problem-statement':
    'problem statement, problem, the problem, why, motivation, ' +
    'is your feature request related to a problem please describe, current behavior, what happened, ' +
    'bug description, describe the bug, actual behavior, зачем, почему, por qué, por que, pourquoi, warum, 为什么, 為什麼, 原因, 动机, 背景与动机, なぜ, 動機, 왜, 이유, motivación, motivação',
  proposal:
    'what changes, what, proposed solution, solution, proposal, describe the solution you d like, ' +
    'expected behavior, changes, proposed behavior, expected, что меняется, qué cambia, o que muda, ce qui change, was sich ändert, 变更内容, 變更內容, 变更, 改动内容, 変更内容, 변경 사항, 변경 내용, cambios propuestos, mudanças',
  'user-story': 'user story, primary user story, story, historia de usuario, história de usuário, récit utilisateur',
  impact:
    'impact, impact analysis, impact analysis summary, affected components, 影响, 影響, 影响范围, 影響範圍, 影響範囲, 영향, impacto, impacts, auswirkungen, влияние',
  capabilities: 'capabilities, new capabilities, modified capabilities',
  'linked-adrs': 'linked adrs, linked adr, related adrs, adrs, adr references',
  'linked-journeys': 'linked journeys, related journeys, journeys',
  'linked-stories':
    'related story, related stories, linked stories, linked story, child stories, parent plan, linked plan, ' +
    'related plan, parent story',
  'test-strategy': 'test strategy, testing strategy, testing, test plan, tests, test coverage, how to test',
  'rollback-plan': 'rollback plan, rollback, rollback strategy',
  'verification-plan':
    'verification plan, verification, automated tests, manual verification, manual tests, validation, ' +
    'validation plan',
  'compliance-checklist': 'compliance checklist, governance checklist, approvals, sign off, sign offs',
  'panel-findings': 'panel review findings, panel findings, governance panel findings, panel review, governance review',
  'proposed-changes': 'proposed changes, change list, file changes, files to change, files',
  'implementation-steps': 'implementation steps, implementation plan, implementation, steps',
  introspection:
    'codebase introspection, target file signatures, test impact matrix, behavioral contracts, ' +
    'target file signatures from source',
  refactors: 'targeted refactors cleanups, targeted refactors, refactors, cleanups',
  'definition-of-done': 'definition of done, dod, done criteria, done when, completion criteria',
  status: 'status, state, estado, statut, 状态, 狀態, ステータス, 상태, статус',
  copyright: 'copyright, license',
  'technical-context':
    'technical context, tech stack, technology stack, contexto técnico, contexte technique, ' +
    'technischer kontext, технический контекст, 技术上下文, 技术背景, 技術的コンテキスト, 技術コンテキスト, 기술 컨텍스트, 기술적 맥락, 技術背景, 技術上下文, 技術脈絡, 技术环境, 기술 배경',
  'constitution-check':
    'constitution check, constitutional check, constitution gates, verificación de la constitución, ' +
    'verificação da constituição, vérification de la constitution, verfassungsprüfung, 宪章检查, 宪法检查, 章程检查, ' +
    '憲法チェック, 憲章チェック, 헌법 검사, 헌장 확인, 憲章檢查, 憲法檢查, 章程檢查, 原則チェック, 헌법 체크, 헌법 검토',
  'project-structure':
    'project structure, documentation this feature, source code repository root, source code, ' +
    'estructura del proyecto, estrutura do projeto, structure du projet, projektstruktur, структура проекта, ' +
    '项目结构, プロジェクト構造, 프로젝트 구조, 專案結構, 項目結構',
  'complexity-tracking':
    'complexity tracking, complexity, seguimiento de complejidad, suivi de la complexité, ' +
    'komplexitätsverfolgung, 复杂度跟踪, 複雑さの追跡, 복잡도 추적',
  'progress-tracking':
    'progress tracking, progress, phase status, gate status, execution status, seguimiento del progreso, ' +
    '进度跟踪, 進捗管理, 진행 상황',
  'review-checklist':
    'review acceptance checklist, review checklist, validation checklist, requirement completeness, ' +
    'content quality, feature readiness, requirements checklist, checklist',
  phases:
    'phases, phase 0 outline research, phase 1 design contracts, phase 2 task planning approach, ' +
    'phase 3 future implementation',
  legend:
    'legend, key, notation, conventions, path conventions, task format, status legend, format, symbols, ' +
    'markers, leyenda, legenda, légende, legende, обозначения, 图例, 凡例, 범례, task legend, status key, ' +
    'task status legend',
  dependencies:
    'dependencies, dependencies execution order, dependencies and execution order, phase dependencies, ' +
    'user story dependencies, within each user story, task dependencies, dependency graph, dependencias, ' +
    'dependencias y orden de ejecución, dependências, dépendances, abhängigkeiten, зависимости, 依赖, 依赖关系, ' +
    '依赖与执行顺序, 依賴關係, 依存関係, 依存関係と実行順序, 의존성, 의존 관계, execution order, story completion order, ' +
    'cross task dependencies, 相依性與執行順序, 依賴關係與執行順序, 依赖关系与执行顺序, 相依性, 依存関係と実行順, 의존성 및 실행 순서, 의존성과 실행 순서, dependências e ordem de execução, dépendances et ordre d exécution',
  parallel:
    'parallel opportunities, parallel example, parallel examples, parallel execution examples, ' +
    'parallel execution, parallel team strategy, parallelization, parallel execution opportunities, 平行執行機會, 並行機會, 并行机会, 並列実行の機会, 병렬 실행 기회, oportunidades de paralelismo, oportunidades paralelas',
  strategy:
    'implementation strategy, mvp first, mvp first user story 1 only, incremental delivery, ' +
    'estrategia de implementación, 实施策略, 実装戦略, 구현 전략, 實作策略, 實施策略, 实现策略, 実装方針, ' +
    'estratégia de implementação, stratégie d implémentation',
  notes:
    'notes, note, remarks, additional context, notas, hinweise, anmerkungen, 备注, 注意事项, 注記, 비고, ' +
    'additional information, 注意, 備註, 參考, 노트, 참고 사항, メモ, observações',
  'core-principles':
    'core principles, principles, principios fundamentales, principios, princípios fundamentais, ' +
    'principes fondamentaux, kernprinzipien, grundprinzipien, основные принципы, 核心原则, 核心原則, 基本原則, 핵심 원칙',
  governance:
    'governance, gobernanza, governança, gouvernance, governance regeln, управление, 治理, ガバナンス, 거버넌스',
  'added-requirements':
    'added requirements, 新增需求, 新增的需求, 添加需求, 新增要求, 追加要件, 추가 요구사항, 추가된 요구사항, requisitos agregados, ' +
    'requisitos añadidos, requisitos nuevos, requisitos adicionados, requisitos novos, exigences ajoutées, добавленные требования, ' +
    'hinzugefügte anforderungen',
  'modified-requirements':
    'modified requirements, 修改需求, 修改的需求, 变更需求, 變更需求, 変更要件, 변경된 요구사항, 수정된 요구사항, requisitos modificados, ' +
    'exigences modifiées, измененные требования, изменённые требования, geänderte anforderungen',
  'removed-requirements':
    'removed requirements, 移除需求, 移除的需求, 删除需求, 刪除需求, 削除要件, 삭제된 요구사항, 제거된 요구사항, requisitos eliminados, ' +
    'requisitos removidos, exigences supprimées, удаленные требования, удалённые требования, entfernte anforderungen',
  'renamed-requirements':
    'renamed requirements, 重命名需求, 重命名的需求, 更名需求, 名称変更要件, 이름 변경된 요구사항, requisitos renombrados, ' +
    'requisitos renomeados, exigences renommées, переименованные требования, umbenannte anforderungen',
  risks: 'risks, risks mitigations, risks trade offs, risk, risks and mitigations',
  'open-questions': 'open questions, questions, unresolved questions',
  tasks:
    'tasks, tasks subtasks, tasks and subtasks, task list, todo, todos, to do, checklist of work, action items, subtasks, sub tasks, work items, ' +
    'milestones',
  decisions:
    'decisions, decision, alternatives considered, alternatives, consequences, key decisions, rationale, ' +
    'challenged by, rule reference, affected files, original requirement, original finding, justification, ' +
    'conditions',
}

/** Titles that carry more than the section's name. The first that fits counts. */
export const SECTION_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /^user story \d|^story \d|^us ?\d+\b|^historia de usuario \d|^história de usuário \d|^récit utilisateur \d|^histoire utilisateur \d|^user story [a-z]\b|^benutzer(?:geschichte|story) \d|^пользовательская история \d|^用户故事 ?\d|^使用者故事 ?\d|^用戶故事 ?\d|^ユーザーストーリー ?\d|^사용자 스토리 ?\d|^유저 스토리 ?\d|^hu ?\d+\b/,
    'user-story-heading',
  ],
  [
    /^phase \d|^phase [ivx]+\b|^phase [a-z]\b|^fase \d|^этап \d|^фаза \d|^阶段 ?[\d一二三四五六七八九十]|^階段 ?[\d一二三四五六七八九十]|^第.{1,3}[阶階]段|^フェーズ ?\d|^단계 ?\d|^\d단계/,
    'phase',
  ],
  // `## Format: [ID] [P?] [Story] Description`, in whatever language.
  [/(?:^|[^\p{L}])id p(?: |$)/u, 'legend'],
  [/^session \d{4}/, 'clarification-session'],
  [/^format\b|\blegend\b|^task format|^格式|^形式/, 'legend'],
  [/^dependenc|^parallel\b.*\bdepend|\bdependencies\b/, 'dependencies'],
  [/^parallel\b/, 'parallel'],
  [/^implementation strategy|^mvp\b/, 'strategy'],
  [/^added requirements/, 'added-requirements'],
  [/^modified requirements/, 'modified-requirements'],
  [/^removed requirements/, 'removed-requirements'],
  [/^renamed requirements/, 'renamed-requirements'],
  [/^linked adrs?\b|^related adrs?\b/, 'linked-adrs'],
  [/^linked journeys?\b/, 'linked-journeys'],
  [/^impact analysis/, 'impact'],
  [/^(?:linked|related|child|parent) (?:stor|plan)/, 'linked-stories'],
  [/^(?:\p{L}{1,20} )?acceptance criteri/u, 'acceptance-criteria'],
  [/^acceptance scenario|^acceptance test/, 'acceptance-scenarios'],
  [/^(?:non functional|nonfunctional)\b/, 'non-functional-requirements'],
  [/^functional req/, 'functional-requirements'],
  [/\bsuccess criteria\b/, 'success-criteria'],
  [/^edge case/, 'edge-cases'],
  [/^key entit/, 'key-entities'],
  [/^user scenarios/, 'user-scenarios'],
  [/^targeted refactor/, 'refactors'],
  [/^definition of done/, 'definition-of-done'],
  [/checklist$|^checklist|\bchecklist\b/, 'review-checklist'],
  [/^constitution(?:al)? (?:check|gate|compliance|alignment)/, 'constitution-check'],
  [/^verification|^manual verif|^automated (?:test|verif)/, 'verification-plan'],
  [/^test(?:ing)? (?:strategy|plan)/, 'test-strategy'],
  [/^rollback/, 'rollback-plan'],
  [/^(?:execution|phase|gate|progress) (?:status|tracking)/, 'progress-tracking'],
  [/\brequirements$/, 'other-requirements'],
  [/^out of scope|^non goals|^not in scope/, 'out-of-scope'],
  [/^notes?\b/, 'notes'],
  [/^step \d/, 'step'],
  [/^goals?\b/, 'overview'],
]
